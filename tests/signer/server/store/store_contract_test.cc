// What every Store must do, whatever it is built on.
#include <atomic>
#include <thread>

#include "tests/signer/server/store/store_fixture.h"

namespace holdfast {
namespace {

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<Store>(const Path& directory)> open;  // the same store every time
};

std::unique_ptr<Store> OpenSqlite(const Path& directory) {
  const Path file = directory / "store.db";
  auto store = std::filesystem::exists(file) ? SqliteStore::Open(file) : SqliteStore::Create(file);
  return store ? std::move(*store) : nullptr;
}

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    store_ = GetParam().open(directory_.path());
    ASSERT_NE(store_, nullptr);
    ASSERT_TRUE(store_->PutProduct(At(0), "demo", "{}"));
  }
  void Sell(int number, int64_t limit = 1) {
    ASSERT_TRUE(store_->AddLicense(At(1), SaleNumber(number, limit)));
  }
  ActivationRecord Issue(const ActivationProposal& proposal, int64_t at = 10) {
    auto reserved = store_->ReserveActivation(At(at), proposal);
    EXPECT_TRUE(reserved) << reserved.error().message;
    auto issued = store_->RecordIssued(At(at), reserved->id, Bytes{0x30, 0x00});
    EXPECT_TRUE(issued) << issued.error().message;
    return *issued;
  }
  ActivationState StateOf(const std::string& license, const std::string& id) {
    const auto activations = store_->ListActivations(license);
    for (const auto& activation : *activations)
      if (activation.id == id) return activation.state;
    ADD_FAILURE() << "no activation " << id;
    return ActivationState::kReserved;
  }
  static HeartbeatRecord HeartbeatOf(const ActivationRecord& activation, uint8_t number) {
    return {.license = activation.license,
            .ek_name = activation.ek_name,
            .activation = activation.id,
            .report_id = Bytes(32, number),
            .report = "a.b.c",
            .report_sequence = number,
            .counter = UINT64_MAX,
            .birth = 41,
            .answer_id = Bytes(32, static_cast<uint8_t>(100 + number)),
            .answer = "answer " + std::to_string(number),
            .host = "render-01",
            .notes = {"heartbeat.gap", "heartbeat.late"},
            .seen = {}};
  }
  size_t AuditCount() { return store_->ListAudit(0, 1000)->size(); }

  holdfast::testing::TempDir directory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, TheSameProductFileIsNoNewVersion) {
  const size_t before = AuditCount();
  EXPECT_EQ(store_->PutProduct(At(5), "demo", "{}")->version, 1);
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, AnotherProductFileIsANewVersionAndTheOldStays) {
  EXPECT_EQ(store_->PutProduct(At(5), "demo", R"({"a":1})")->version, 2);
  EXPECT_EQ(store_->GetProduct("demo")->file, R"({"a":1})");
  EXPECT_EQ(store_->GetProduct("demo", 1)->file, "{}");
  EXPECT_EQ(store_->ListProducts()->size(), 1u);
}

TEST_P(StoreContract, AnUnknownProductIsNamed) {
  const auto missing = store_->GetProduct("nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().check, "store.product");
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
}

TEST_P(StoreContract, AProductThatWasNeverSoldIsRemovedWithAllItsVersions) {
  ASSERT_TRUE(store_->PutProduct(At(5), "demo", R"({"a":1})"));
  ASSERT_TRUE(store_->PutProduct(At(5), "other", "{}"));
  const Status removed = store_->RemoveProduct(At(6), "demo");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(store_->GetProduct("demo").error().check, "store.product");
  EXPECT_EQ(store_->GetProduct("demo", 1).error().check, "store.product");
  EXPECT_TRUE(store_->GetProduct("other"));
  EXPECT_EQ(store_->ListAudit(0, 100)->back().action, "product.remove");
  EXPECT_EQ(store_->RemoveProduct(At(7), "demo").error().check, "store.product");
}

TEST_P(StoreContract, AProductThatWasSoldStays) {
  Sell(1);
  ASSERT_TRUE(store_->PutProduct(At(5), "demo", R"({"a":1})"));
  const size_t before = AuditCount();
  EXPECT_EQ(store_->RemoveProduct(At(6), "demo").error().check, "store.sold");
  EXPECT_TRUE(store_->GetProduct("demo", 1));
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, ALicenseKeepsTheProductVersionItWasSoldWith) {
  Sell(1);
  ASSERT_TRUE(store_->PutProduct(At(5), "demo", R"({"a":1})"));
  Sell(2);
  EXPECT_EQ(store_->GetLicense("license-1")->product_version, 1);
  EXPECT_EQ(store_->GetLicense("license-2")->product_version, 2);
}

TEST_P(StoreContract, ALicenseIsFoundByItsProductKey) {
  Sell(1);
  const auto found = store_->FindLicenseByProductKey("key-1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "license-1");
  EXPECT_EQ(found->customer, "Customer 1");
  EXPECT_EQ(found->possession_key, Bytes(32, 7));
  EXPECT_EQ(found->created, At(1).at);
  EXPECT_EQ(store_->FindLicenseByProductKey("key-2").error().check, "store.license");
}

TEST_P(StoreContract, OneCustomerIsKeptOnceHoweverManyLicensesAreSold) {
  Sell(1);
  NewLicense second = SaleNumber(2);
  second.customer = "Customer 1";
  ASSERT_TRUE(store_->AddLicense(At(2), second));
  EXPECT_EQ(store_->ListCustomers()->size(), 1u);
  EXPECT_EQ(store_->ListLicenses("Customer 1")->size(), 2u);
  EXPECT_EQ(store_->ListLicenses("Customer 2")->size(), 0u);
}

TEST_P(StoreContract, HostileTextIsDataOnly) {
  NewLicense sale = SaleNumber(1);
  sale.customer = "'; drop table licenses; --";
  ASSERT_TRUE(store_->AddLicense(At(1), sale));
  EXPECT_EQ(store_->ListLicenses(sale.customer)->size(), 1u);
  EXPECT_FALSE(store_->GetLicense("' or '1'='1"));
}

TEST_P(StoreContract, AFailedChangeLeavesNothingBehind) {
  Sell(1);
  const size_t before = AuditCount();
  NewLicense clash = SaleNumber(2);
  clash.product_key_id = "key-1";
  EXPECT_FALSE(store_->AddLicense(At(2), clash));
  EXPECT_EQ(store_->ListCustomers()->size(), 1u);
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, SuspensionIsLiftedAndRevocationIsNot) {
  Sell(1);
  EXPECT_EQ(store_->SetLicenseStatus(At(2), "license-1", LicenseStatus::kSuspended)->status,
            LicenseStatus::kSuspended);
  EXPECT_EQ(store_->SetLicenseStatus(At(3), "license-1", LicenseStatus::kActive)->status,
            LicenseStatus::kActive);
  EXPECT_EQ(store_->SetLicenseStatus(At(4), "license-1", LicenseStatus::kRevoked)->status_since, At(4).at);
  EXPECT_EQ(store_->SetLicenseStatus(At(5), "license-1", LicenseStatus::kActive).error().check,
            "store.status");
}

TEST_P(StoreContract, TheStatusALicenseHasAlreadyIsNoChange) {
  Sell(1);
  ASSERT_TRUE(store_->SetLicenseStatus(At(2), "license-1", LicenseStatus::kRevoked));
  const size_t before = AuditCount();
  EXPECT_EQ(store_->SetLicenseStatus(At(9), "license-1", LicenseStatus::kRevoked)->status_since, At(2).at);
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, AReservationKeepsWhatWasProposed) {
  Sell(1);
  const auto proposal = ProposalFor("license-1", 1, 1);
  const auto reserved = store_->ReserveActivation(At(3), proposal);
  ASSERT_TRUE(reserved);
  EXPECT_EQ(reserved->state, ActivationState::kReserved);
  EXPECT_EQ(reserved->serial, proposal.serial);
  EXPECT_EQ(reserved->ek_name, proposal.ek_name);
  EXPECT_EQ(reserved->not_after, proposal.not_after);
  EXPECT_EQ(reserved->terms, proposal.terms);
  EXPECT_TRUE(reserved->certificate.empty());
  EXPECT_EQ(store_->ListSightings("license-1")->size(), 1u);
}

TEST_P(StoreContract, TheSameRequestGetsTheSameReservation) {
  Sell(1);
  const auto first = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  const auto second = store_->ReserveActivation(At(4), ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(second);
  EXPECT_EQ(first->id, second->id);
  EXPECT_EQ(first->serial, second->serial);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, AReservationMovesToANewIssuingKey) {
  Sell(1);
  const auto first = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.issuer_key_id = Bytes(20, 0xbb);
  const auto second = store_->ReserveActivation(At(4), proposal);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->issuer_key_id, proposal.issuer_key_id);
  EXPECT_NE(second->serial, first->serial);
  EXPECT_EQ(StateOf("license-1", first->id), ActivationState::kSuperseded);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, AReservationThatIsTooOldIsMadeAnew) {
  Sell(1);
  const auto first = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.oldest_not_before = proposal.not_before = kStoreTime + Seconds{1};
  const auto second = store_->ReserveActivation(At(4), proposal);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->not_before, proposal.not_before);
  EXPECT_EQ(store_->RevokedEntries(Bytes(20, 0xaa), 0)->at(0).serial, first->serial);
}

TEST_P(StoreContract, AnIssuedActivationStaysWithItsIssuingKey) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.issuer_key_id = Bytes(20, 0xbb);
  const auto again = store_->ReserveActivation(At(20), proposal);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, issued.id);
  EXPECT_EQ(again->certificate, issued.certificate);
}

TEST_P(StoreContract, AnotherHostBeyondTheLimitIsRefused) {
  Sell(1, 2);
  Issue(ProposalFor("license-1", 1, 1));
  Issue(ProposalFor("license-1", 2, 2));
  const auto third = store_->ReserveActivation(At(20), ProposalFor("license-1", 3, 3));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().check, "store.activations");
  EXPECT_EQ(third.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(store_->ListActivations("license-1")->size(), 2u);
}

TEST_P(StoreContract, AReservationCountsAgainstTheLimit) {
  Sell(1);
  ASSERT_TRUE(store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1)));
  EXPECT_FALSE(store_->ReserveActivation(At(4), ProposalFor("license-1", 2, 2)));
}

// Made when the host's gate had moved.
ActivationProposal AtGate(uint64_t value, ActivationProposal proposal) {
  proposal.sighting->gate_base = value;
  return proposal;
}

// A day later, in the words of the licensing flow.
ActivationProposal Later(ActivationProposal proposal) {
  proposal.not_before = proposal.oldest_not_before = kStoreTime + Seconds{1};
  return proposal;
}

TEST_P(StoreContract, AReservationThatIsTooOldGivesItsPlaceToAnotherHost) {
  Sell(1);
  const auto scrapped = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  const auto other = store_->ReserveActivation(At(4), Later(ProposalFor("license-1", 2, 2)));
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(StateOf("license-1", scrapped->id), ActivationState::kRevoked);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
  EXPECT_EQ(store_->RevokedEntries(Bytes(20, 0xaa), 0)->at(0).serial, scrapped->serial)
      << "the signer may have used it";
  EXPECT_NE(store_->ListAudit(0, 100)->back().detail.find(scrapped->id), std::string::npos);
}

TEST_P(StoreContract, AReservationThatLapsedIsNeverIssued) {
  Sell(1);
  const auto first = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReserveActivation(At(4), Later(ProposalFor("license-1", 2, 2))));
  EXPECT_EQ(store_->RecordIssued(At(5), first->id, Bytes{1}).error().check, "store.lapsed");
  EXPECT_EQ(store_->ReserveActivation(At(6), Later(ProposalFor("license-1", 1, 1))).error().check,
            "store.activations");
}

TEST_P(StoreContract, AReservationThatLapsedIsMadeAnewWhereThereIsRoom) {
  Sell(1);
  const auto first = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReserveActivation(At(4), Later(ProposalFor("license-1", 2, 2))));
  auto much_later = Later(ProposalFor("license-1", 1, 1));
  much_later.not_before = much_later.oldest_not_before = kStoreTime + Seconds{2};
  const auto again = store_->ReserveActivation(At(5), much_later);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(again->serial, first->serial);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, ReservationsThatAreTooOldStayWhereTheyMakeNoRoom) {
  Sell(1, 2);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  Issue(ProposalFor("license-1", 2, 2));
  const auto old = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 3));
  EXPECT_EQ(store_->ReserveActivation(At(4), Later(ProposalFor("license-1", 3, 4))).error().check,
            "store.activations");
  EXPECT_EQ(StateOf("license-1", old->id), ActivationState::kReserved);
  EXPECT_EQ(StateOf("license-1", issued.id), ActivationState::kIssued);
}

TEST_P(StoreContract, AnActivationOfARevokedIssuingKeyIsMadeAnewWithoutCountingAgain) {
  Sell(1);
  const auto old = Issue(ProposalFor("license-1", 1, 1));
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.revoked_issuers = {old.issuer_key_id};
  proposal.issuer_key_id = Bytes(20, 0xbb);
  const auto anew = Issue(proposal);
  EXPECT_NE(anew.id, old.id);
  EXPECT_EQ(anew.issuer_key_id, proposal.issuer_key_id);
  EXPECT_EQ(StateOf("license-1", old.id), ActivationState::kSuperseded);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, TheAuditLogNamesWhatWasSuperseded) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  Issue(ProposalFor("license-1", 1, 2));
  EXPECT_NE(store_->ListAudit(0, 100)->back().detail.find(first.id), std::string::npos);
  const auto reserved = store_->ReserveActivation(At(30), ProposalFor("license-1", 1, 3));
  store_->ReserveActivation(At(31), Later(ProposalFor("license-1", 1, 3))).value();
  EXPECT_NE(store_->ListAudit(0, 100)->back().detail.find(reserved->id), std::string::npos);
}

TEST_P(StoreContract, ANewRequestOfTheSameHostSupersedesWithoutCountingAgain) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto second = Issue(ProposalFor("license-1", 1, 2));
  EXPECT_EQ(StateOf("license-1", first.id), ActivationState::kSuperseded);
  EXPECT_EQ(StateOf("license-1", second.id), ActivationState::kIssued);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, TheOldCertificateStaysGoodUntilTheNewOneIsIssued) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReserveActivation(At(20), ProposalFor("license-1", 1, 2)));
  EXPECT_EQ(StateOf("license-1", first.id), ActivationState::kIssued);
}

TEST_P(StoreContract, ASupersededRequestSentAgainIsRefused) {
  Sell(1);
  Issue(ProposalFor("license-1", 1, 1));
  Issue(ProposalFor("license-1", 1, 2));
  EXPECT_EQ(store_->ReserveActivation(At(20), ProposalFor("license-1", 1, 1)).error().check,
            "store.superseded");
}

TEST_P(StoreContract, AnOlderReservationCannotOvertakeANewerCertificate) {
  Sell(1);
  const auto older = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  Issue(ProposalFor("license-1", 1, 2));
  EXPECT_EQ(store_->RecordIssued(At(20), older->id, Bytes{1}).error().check, "store.superseded");
}

TEST_P(StoreContract, OtherHostsAreNotSuperseded) {
  Sell(1, 2);
  const auto other = Issue(ProposalFor("license-1", 1, 1));
  Issue(ProposalFor("license-1", 2, 2));
  EXPECT_EQ(StateOf("license-1", other.id), ActivationState::kIssued);
}

// Of `activation`, whose requests have gate 0x1500000 at 1 (store_fixture.h).
NewReturn ReturnOf(const ActivationRecord& activation, uint64_t gate_value, int proof = 1) {
  NewReturn proven;
  proven.record.activation = activation.id;
  proven.record.proof = R"({"schema":"1.0"})";
  proven.record.proof_hash = Bytes(32, static_cast<uint8_t>(proof));
  proven.record.gate_value = gate_value;
  proven.gate_index = 0x1500000;
  return proven;
}

TEST_P(StoreContract, AReturnFreesThePlaceAndIsOnTheList) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  const auto returned = store_->RecordReturn(At(20), ReturnOf(issued, 2), false);
  ASSERT_TRUE(returned) << returned.error().message;
  EXPECT_FALSE(returned->repeated);
  EXPECT_EQ(returned->ended, std::vector<std::string>{issued.id});
  EXPECT_EQ(returned->record.accepted, At(20).at);
  EXPECT_EQ(StateOf("license-1", issued.id), ActivationState::kReturned);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 0);
  const auto entries = store_->RevokedEntries(issued.issuer_key_id, issued.shard);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().reason, RevocationReason::kCessationOfOperation);
  EXPECT_EQ(entries->front().date, At(20).at);
  EXPECT_TRUE(store_->ReserveActivation(At(21), ProposalFor("license-1", 2, 2)));
}

TEST_P(StoreContract, AReturnCountsOnce) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnOf(issued, 2), false));
  const size_t before = AuditCount();
  for (int proof : {1, 2}) {
    const auto again = store_->RecordReturn(At(30), ReturnOf(issued, 2, proof), false);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->repeated);
    EXPECT_TRUE(again->ended.empty());
    EXPECT_EQ(again->record.accepted, At(20).at);
  }
  EXPECT_EQ(AuditCount(), before);
  EXPECT_EQ(store_->ListReturns("license-1")->size(), 1u);
}

TEST_P(StoreContract, AReturnThatIsOnlyTriedStoresNothing) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  const size_t before = AuditCount();
  const auto tried = store_->RecordReturn(At(20), ReturnOf(issued, 2), true);
  ASSERT_TRUE(tried);
  EXPECT_EQ(tried->ended, std::vector<std::string>{issued.id});
  EXPECT_EQ(StateOf("license-1", issued.id), ActivationState::kIssued);
  EXPECT_EQ(AuditCount(), before);
  EXPECT_TRUE(store_->ListReturns("license-1")->empty());
}

TEST_P(StoreContract, AReturnEndsWhatDiedWithTheGateAndNothingElse) {
  Sell(1, 2);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto second = Issue(ProposalFor("license-1", 1, 2));  // supersedes the first, under the same gate
  const auto elsewhere = Issue(ProposalFor("license-1", 2, 3));
  const auto returned = store_->RecordReturn(At(20), ReturnOf(first, 2), false);
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->ended, std::vector<std::string>{second.id});
  EXPECT_EQ(StateOf("license-1", first.id), ActivationState::kSuperseded);
  EXPECT_EQ(StateOf("license-1", elsewhere.id), ActivationState::kIssued);
}

TEST_P(StoreContract, ALicenseThatWasActivatedAnewAfterItsReturnIsNotFreedByTheOldProof) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto second = Issue(AtGate(2, ProposalFor("license-1", 1, 2)));
  const auto returned = store_->RecordReturn(At(20), ReturnOf(first, 2), false);
  ASSERT_TRUE(returned);
  EXPECT_TRUE(returned->ended.empty());
  EXPECT_EQ(StateOf("license-1", second.id), ActivationState::kIssued);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, APromiseEndsItsOwnActivationOnly) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto second = Issue(ProposalFor("license-1", 1, 2));
  EXPECT_TRUE(store_->RecordReturn(At(20), ReturnOf(first, 0), false)->ended.empty());
  EXPECT_EQ(StateOf("license-1", second.id), ActivationState::kIssued);
  EXPECT_EQ(store_->RecordReturn(At(21), ReturnOf(second, 0), false)->ended,
            std::vector<std::string>{second.id});
}

// As a heartbeat brings it: for the key of `renewed`, under the id of the report.
ActivationProposal RenewalOf(const ActivationRecord& renewed, int host, int report) {
  ActivationProposal proposal = ProposalFor(renewed.license, host, report);
  proposal.license_key_name = renewed.license_key_name;
  proposal.renews = renewed.id;
  return proposal;
}

TEST_P(StoreContract, AReturnOfAHostWithoutATpmEndsARenewalThatItNeverApplied) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  auto proposal = RenewalOf(first, 1, 2);
  proposal.sighting.reset();
  const auto renewed = Issue(proposal);
  const auto returned = store_->RecordReturn(At(20), ReturnOf(first, 0), false);
  ASSERT_TRUE(returned) << returned.error().message;
  EXPECT_EQ(returned->ended, std::vector<std::string>{renewed.id});
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 0);
}

TEST_P(StoreContract, WhatEndedOrWasRenewedMeanwhileIsNotRenewed) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto renewed = Issue(RenewalOf(first, 1, 2));  // control
  EXPECT_EQ(store_->ReserveActivation(At(19), RenewalOf(first, 1, 3)).error().check, "store.overtaken");
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnOf(renewed, 2), false));
  EXPECT_EQ(store_->ReserveActivation(At(21), RenewalOf(renewed, 1, 4)).error().check, "store.overtaken");
  const auto next = Issue(ProposalFor("license-1", 2, 5));
  ASSERT_TRUE(store_->ReleaseActivation(At(30), "license-1", next.id));
  EXPECT_EQ(store_->ReserveActivation(At(31), RenewalOf(next, 2, 6)).error().check, "store.overtaken");
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 0);
}

TEST_P(StoreContract, ARenewalThatWasReservedIsNotIssuedAfterTheReturn) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  auto proposal = RenewalOf(first, 1, 2);
  proposal.sighting.reset();
  const auto reserved = store_->ReserveActivation(At(19), proposal);
  ASSERT_TRUE(reserved);
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnOf(first, 0), false));
  EXPECT_EQ(store_->RecordIssued(At(21), reserved->id, Bytes{1}).error().check, "store.returned");
}

TEST_P(StoreContract, ARequestWhoseLicenseWasReturnedIsRefused) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnOf(issued, 2), false));
  EXPECT_EQ(store_->ReserveActivation(At(21), ProposalFor("license-1", 1, 1)).error().check,
            "store.returned");
  EXPECT_TRUE(store_->ReserveActivation(At(22), ProposalFor("license-1", 1, 2)));
}

TEST_P(StoreContract, AReservationThatDiedWithTheGateIsNeverIssued) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  const auto reserved = store_->ReserveActivation(At(19), ProposalFor("license-1", 1, 2));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnOf(issued, 2), false));
  EXPECT_EQ(store_->RecordIssued(At(21), reserved->id, Bytes{1}).error().check, "store.returned");
}

TEST_P(StoreContract, ANonceStaysTheSameUntilAReturnUsesIt) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  const Bytes one(32, 1), two(32, 2);
  EXPECT_EQ(store_->IssueReturnNonce(At(20), issued.id, one)->nonce, one);
  const auto again = store_->IssueReturnNonce(At(21), issued.id, two);
  EXPECT_EQ(again->nonce, one);
  EXPECT_EQ(again->issued, At(20).at);
  NewReturn proven = ReturnOf(issued, 2);
  EXPECT_EQ(store_->RecordReturn(At(22), proven, false).error().check, "store.return_nonce");
  proven.record.nonce = two;
  EXPECT_EQ(store_->RecordReturn(At(22), proven, false).error().check, "store.return_nonce");
  proven.record.nonce = one;
  ASSERT_TRUE(store_->RecordReturn(At(22), proven, false));
  EXPECT_TRUE(store_->ListReturnNonces("license-1")->front().used);
  EXPECT_TRUE(store_->RecordReturn(At(23), proven, false)->repeated);
  EXPECT_EQ(store_->IssueReturnNonce(At(24), issued.id, two)->nonce, two);
}

TEST_P(StoreContract, AFreshProofOfAReturnIsRecordedAndFreesNothingMore) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnOf(issued, 2), false));
  NewReturn fresh = ReturnOf(issued, 2, 2);
  fresh.record.nonce = store_->IssueReturnNonce(At(21), issued.id, Bytes(32, 1))->nonce;
  const auto returned = store_->RecordReturn(At(22), fresh, false);
  ASSERT_TRUE(returned) << returned.error().message;
  EXPECT_FALSE(returned->repeated);
  EXPECT_TRUE(returned->ended.empty());
  EXPECT_EQ(store_->ListReturns("license-1")->size(), 2u);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 0);
}

TEST_P(StoreContract, AnActivationIsFoundByItsSerialAndKeepsItsAttestationKey) {
  Sell(1);
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.ak_public = Bytes(90, 3);
  const auto issued = Issue(proposal);
  const auto found = store_->FindActivationBySerial(issued.serial);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, issued.id);
  EXPECT_EQ(found->ak_public, Bytes(90, 3));
  EXPECT_EQ(store_->FindActivationBySerial(Bytes(16, 0xff)).error().check, "store.activation");
}

TEST_P(StoreContract, TheCertificateRecordedFirstStays) {
  Sell(1);
  const auto reserved = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordIssued(At(4), reserved->id, Bytes{1, 2}));
  const size_t before = AuditCount();
  EXPECT_EQ(store_->RecordIssued(At(5), reserved->id, Bytes{3, 4})->certificate, (Bytes{1, 2}));
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, NothingIsReservedOrIssuedForASuspendedLicense) {
  Sell(1);
  const auto reserved = store_->ReserveActivation(At(3), ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->SetLicenseStatus(At(4), "license-1", LicenseStatus::kSuspended));
  const auto recorded = store_->RecordIssued(At(5), reserved->id, Bytes{1});
  const auto again = store_->ReserveActivation(At(5), ProposalFor("license-1", 1, 1));
  for (const auto& denied : {recorded, again}) {
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().check, "store.status");
    EXPECT_EQ(denied.error().kind, ErrorKind::kDenied) << "exit code 3";
  }
}

TEST_P(StoreContract, ManyThreadsNeverExceedTheLimit) {
  constexpr int kLimit = 3, kThreads = 8, kHostsEach = 5;
  Sell(1, kLimit);
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      const auto own = GetParam().open(directory_.path());  // a connection of its own, as another process has
      for (int i = 0; i < kHostsEach; ++i) {
        const int host = 1 + t * kHostsEach + i;
        if (own->ReserveActivation(At(3), ProposalFor("license-1", host, host))) ++granted;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(granted, kLimit);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, kLimit);
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_P(StoreContract, SupersededSerialsAreRevoked) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1), 10);
  Issue(ProposalFor("license-1", 1, 2), 20);
  const auto entries = store_->RevokedEntries(Bytes(20, 0xaa), 0);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().serial, first.serial);
  EXPECT_EQ(entries->front().reason, RevocationReason::kSuperseded);
  EXPECT_EQ(entries->front().date, At(20).at);
}

TEST_P(StoreContract, ASuspendedLicenseIsOnHoldAndComesOffTheListAgain) {
  Sell(1);
  Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->SetLicenseStatus(At(20), "license-1", LicenseStatus::kSuspended));
  EXPECT_EQ(store_->RevokedEntries(Bytes(20, 0xaa), 0)->at(0).reason, RevocationReason::kCertificateHold);
  ASSERT_TRUE(store_->SetLicenseStatus(At(21), "license-1", LicenseStatus::kActive));
  EXPECT_TRUE(store_->RevokedEntries(Bytes(20, 0xaa), 0)->empty());
}

TEST_P(StoreContract, ARevokedLicenseListsEverySerialInOrder) {
  Sell(1, 3);
  for (int host = 1; host <= 3; ++host) Issue(ProposalFor("license-1", host, host));
  ASSERT_TRUE(store_->SetLicenseStatus(At(20), "license-1", LicenseStatus::kRevoked));
  const auto entries = store_->RevokedEntries(Bytes(20, 0xaa), 0);
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_LT(entries->at(0).serial, entries->at(1).serial);
  EXPECT_LT(entries->at(1).serial, entries->at(2).serial);
  EXPECT_EQ(entries->at(2).reason, RevocationReason::kPrivilegeWithdrawn);
}

TEST_P(StoreContract, AShardNeverHoldsMoreThanAListCan) {
  Sell(1, 1);
  int highest = 0;
  for (int i = 0; i < 1005; ++i) {
    auto proposal = ProposalFor("license-1", 1, 0);
    proposal.content_hash = Bytes{static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
    highest = store_->ReserveActivation(At(i), proposal)->shard;
  }
  EXPECT_EQ(highest, 1);
  EXPECT_EQ(store_->ListShards()->size(), 2u);
}

TEST_P(StoreContract, ListNumbersOnlyGrow) {
  CrlRecord crl{Bytes(20, 0xaa), "default", 0, 7, At(0).at, At(86400).at, Bytes{1, 2, 3}};
  EXPECT_FALSE(store_->LatestCrl(crl.issuer_key_id, 0)->has_value());
  ASSERT_TRUE(store_->RecordCrl(At(1), crl));
  EXPECT_EQ(store_->RecordCrl(At(2), crl).error().check, "store.crl_number");
  crl.number = 6;
  EXPECT_EQ(store_->RecordCrl(At(2), crl).error().check, "store.crl_number");
  crl.number = 8;
  crl.der = Bytes{4};
  ASSERT_TRUE(store_->RecordCrl(At(3), crl));
  const auto latest = store_->LatestCrl(crl.issuer_key_id, 0);
  ASSERT_TRUE(latest && *latest);
  EXPECT_EQ((*latest)->number, 8);
  EXPECT_EQ((*latest)->der, Bytes{4});
  EXPECT_EQ((*latest)->next_update, At(86400).at);
}

TEST_P(StoreContract, AReleasedActivationGivesItsPlaceToAnotherHost) {
  Sell(1);
  const auto gone = Issue(ProposalFor("license-1", 1, 1));
  const auto release = store_->ReleaseActivation(At(20), "license-1", gone.id);
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->activation.state, ActivationState::kRevoked);
  EXPECT_EQ(release->activation.state_since, At(20).at);
  EXPECT_EQ(release->ended, std::vector<std::string>{gone.id});
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 0);
  EXPECT_TRUE(store_->ReserveActivation(At(21), ProposalFor("license-1", 2, 2)));
}

TEST_P(StoreContract, AReleasedActivationIsRevokedForGood) {
  Sell(1);
  const auto gone = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReleaseActivation(At(20), "license-1", gone.id));
  const auto entries = store_->RevokedEntries(Bytes(20, 0xaa), 0);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().serial, gone.serial);
  EXPECT_EQ(entries->front().reason, RevocationReason::kPrivilegeWithdrawn);
  EXPECT_EQ(entries->front().date, At(20).at);
}

TEST_P(StoreContract, AReleaseHasAnAuditRecordAndTheSecondChangesNothing) {
  Sell(1);
  const auto gone = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReleaseActivation(At(20, "cli:alice"), "license-1", gone.id));
  const auto record = store_->ListAudit(0, 100)->back();
  EXPECT_EQ(record.action, "activation.release");
  EXPECT_EQ(record.actor, "cli:alice");
  EXPECT_EQ(record.subject, gone.id);
  const size_t before = AuditCount();
  const auto again = store_->ReleaseActivation(At(30), "license-1", gone.id);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->ended.empty());
  EXPECT_EQ(again->activation.state_since, At(20).at);
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, AReleaseEndsAllThatTheHostHasInUse) {
  Sell(1, 2);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  const auto other = Issue(ProposalFor("license-1", 2, 2));
  const auto reserved = store_->ReserveActivation(At(19), ProposalFor("license-1", 1, 3));
  const auto release = store_->ReleaseActivation(At(20), "license-1", issued.id);
  ASSERT_TRUE(release);
  EXPECT_EQ(release->ended, (std::vector<std::string>{issued.id, reserved->id}));
  EXPECT_EQ(StateOf("license-1", other.id), ActivationState::kIssued);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
  EXPECT_EQ(store_->RecordIssued(At(21), reserved->id, Bytes{1}).error().check, "store.lapsed");
}

TEST_P(StoreContract, AReleasedHostThatAsksAgainCountsAgain) {
  Sell(1);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReleaseActivation(At(20), "license-1", first.id));
  const auto again = store_->ReserveActivation(At(21), ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(again->serial, first.serial);
  EXPECT_EQ(store_->ReserveActivation(At(22), ProposalFor("license-1", 2, 2)).error().check,
            "store.activations");
}

TEST_P(StoreContract, WhatIsNotInUseIsNotReleased) {
  Sell(1);
  Sell(2);
  const auto old = Issue(ProposalFor("license-1", 1, 1));
  const auto current = Issue(ProposalFor("license-1", 1, 2));
  const auto superseded = store_->ReleaseActivation(At(20), "license-1", old.id);
  ASSERT_TRUE(superseded);
  EXPECT_TRUE(superseded->ended.empty());
  EXPECT_EQ(StateOf("license-1", current.id), ActivationState::kIssued);
  EXPECT_EQ(store_->ReleaseActivation(At(20), "license-2", current.id).error().check, "store.activation");
  EXPECT_EQ(store_->ReleaseActivation(At(20), "license-1", "nothing").error().check, "store.activation");
  ASSERT_TRUE(store_->SetLicenseStatus(At(21), "license-1", LicenseStatus::kRevoked));
  EXPECT_EQ(store_->ReleaseActivation(At(22), "license-1", current.id).error().check, "store.status");
}

ActivationProposal RepairOf(ActivationProposal proposal, const Bytes& serial, int per_year = 2) {
  proposal.repair = RepairProposal{serial, per_year};
  return proposal;
}

TEST_P(StoreContract, ARepairTakesThePlaceOfTheHostThatItNames) {
  Sell(1, 2);
  const ActivationRecord lost = Issue(ProposalFor("license-1", 1, 1));
  const ActivationRecord other = Issue(ProposalFor("license-1", 2, 2));
  const ActivationRecord repaired = Issue(RepairOf(ProposalFor("license-1", 3, 3), lost.serial), 20);
  EXPECT_EQ(StateOf("license-1", lost.id), ActivationState::kRevoked);
  EXPECT_EQ(StateOf("license-1", other.id), ActivationState::kIssued);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 2);
  const auto repairs = store_->ListRepairs("license-1");
  ASSERT_EQ(repairs->size(), 1u);
  EXPECT_EQ(repairs->at(0).replaced, lost.id);
  EXPECT_EQ(repairs->at(0).replacement, repaired.id);
  EXPECT_EQ(repairs->at(0).at, At(20).at);
}

TEST_P(StoreContract, ARepairThatIsAskedForAgainCountsOnce) {
  Sell(1);
  const ActivationRecord lost = Issue(ProposalFor("license-1", 1, 1));
  const ActivationProposal repair = RepairOf(ProposalFor("license-1", 2, 2), lost.serial, 1);
  const ActivationRecord repaired = Issue(repair, 20);
  EXPECT_EQ(store_->ReserveActivation(At(21), repair)->id, repaired.id);
  EXPECT_EQ(store_->ListRepairs("license-1")->size(), 1u);
}

TEST_P(StoreContract, RepairsAreCountedOverAYear) {
  Sell(1);
  const auto repair = [&](int host, int64_t at) {
    const auto serial = store_->ListActivations("license-1")->back().serial;
    return store_->ReserveActivation(At(at), RepairOf(ProposalFor("license-1", host, host), serial, 2));
  };
  Issue(ProposalFor("license-1", 1, 1));
  EXPECT_TRUE(repair(2, 100));
  EXPECT_TRUE(repair(3, 200));
  const auto third = repair(4, 300);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().check, "store.repairs");
  EXPECT_EQ(third.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(store_->ListActivations("license-1")->size(), 3u) << "and nothing has ended";
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
  EXPECT_TRUE(repair(4, 100 + kRepairYear.count())) << "the first is a year ago";
}

TEST_P(StoreContract, WhereThePlanAllowsNoneThereIsNoRepair) {
  Sell(1);
  const ActivationRecord lost = Issue(ProposalFor("license-1", 1, 1));
  const auto refused =
      store_->ReserveActivation(At(20), RepairOf(ProposalFor("license-1", 2, 2), lost.serial, 0));
  EXPECT_EQ(refused.error().check, "store.repairs");
}

TEST_P(StoreContract, ARepairWithNoneLeftTakesNoFreePlace) {
  Sell(1, 3);
  const ActivationRecord lost = Issue(ProposalFor("license-1", 1, 1));
  const auto refused =
      store_->ReserveActivation(At(20), RepairOf(ProposalFor("license-1", 2, 2), lost.serial, 0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "store.repairs");
  EXPECT_NE(refused.error().advice.find("license release license-1 " + lost.id), std::string::npos)
      << refused.error().advice;
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

// What the refusal advises.
TEST_P(StoreContract, ARepairWithNoneLeftTakesThePlaceThatWasReleasedForIt) {
  Sell(1);
  const ActivationRecord lost = Issue(ProposalFor("license-1", 1, 1));
  const ActivationProposal repair = RepairOf(ProposalFor("license-1", 2, 2), lost.serial, 0);
  ASSERT_FALSE(store_->ReserveActivation(At(20), repair));
  ASSERT_TRUE(store_->ReleaseActivation(At(30), "license-1", lost.id));
  EXPECT_TRUE(store_->ReserveActivation(At(40), repair));
}

TEST_P(StoreContract, WhoLostHisCertificateTooTakesNoFreePlaceWithNoRepairLeft) {
  Sell(1, 3);
  Issue(ProposalFor("license-1", 1, 1));
  const auto refused = store_->ReserveActivation(At(20), RepairOf(ProposalFor("license-1", 2, 2), {}, 0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "store.repairs");
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1);
}

TEST_P(StoreContract, AHostThatHasTheLicenseAlreadyUsesNoRepairUp) {
  Sell(1);
  const ActivationRecord here = Issue(ProposalFor("license-1", 1, 1));
  Issue(RepairOf(ProposalFor("license-1", 1, 2), here.serial, 0), 20);
  EXPECT_TRUE(store_->ListRepairs("license-1")->empty());
  EXPECT_EQ(StateOf("license-1", here.id), ActivationState::kSuperseded);
}

TEST_P(StoreContract, WhoLostHisCertificateTooIsTheOnlyHostOrNobody) {
  Sell(1);
  const ActivationRecord first = Issue(ProposalFor("license-1", 1, 1));
  Issue(RepairOf(ProposalFor("license-1", 2, 2), {}), 20);
  EXPECT_EQ(StateOf("license-1", first.id), ActivationState::kRevoked);
  EXPECT_EQ(
      store_->ReserveActivation(At(40), RepairOf(ProposalFor("license-1", 4, 4), Bytes{9})).error().check,
      "store.repair");
}

// What the refusal advises: the lost one is given back, and the healthy one stays.
TEST_P(StoreContract, WhoLostHisCertificateTooEndsNoHealthyHost) {
  Sell(1, 2);
  const ActivationRecord lost = Issue(ProposalFor("license-1", 1, 1));
  const ActivationRecord healthy = Issue(ProposalFor("license-1", 2, 2));
  const ActivationProposal repair = RepairOf(ProposalFor("license-1", 3, 3), {});
  EXPECT_EQ(store_->ReserveActivation(At(20), repair).error().check, "store.repair");
  ASSERT_TRUE(store_->ReleaseActivation(At(30), "license-1", lost.id));
  Issue(repair, 40);
  EXPECT_EQ(StateOf("license-1", healthy.id), ActivationState::kIssued);
}

TEST_P(StoreContract, OfAPlaceThatWasGivenBackNothingIsRepaired) {
  Sell(1);
  const ActivationRecord gone = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->ReleaseActivation(At(15), "license-1", gone.id));
  Issue(RepairOf(ProposalFor("license-1", 2, 2), gone.serial, 1), 20);
  EXPECT_TRUE(store_->ListRepairs("license-1")->empty()) << "there is room";
}

TEST_P(StoreContract, EveryChangeHasAnAuditRecordAndTheChainHolds) {
  Sell(1);
  Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->SetLicenseStatus(At(20, "cli:alice"), "license-1", LicenseStatus::kRevoked));
  ASSERT_TRUE(store_->RecordEvent(At(21), "issuer.rotate", "default", "{}"));
  const auto records = *store_->ListAudit(0, 100);
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(records[4].action, "license.status");
  EXPECT_EQ(records[4].actor, "cli:alice");
  const auto head = store_->VerifyAudit();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->sequence, 6);
  EXPECT_EQ(head->hash, records.back().hash);
}

TEST_P(StoreContract, WhatWasSeenOfATpmIsKeptForAllItsLicenses) {
  Sell(1);
  Sell(2);
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.sighting->clock_ms = UINT64_MAX;
  Issue(proposal);
  Issue(ProposalFor("license-2", 1, 2));
  auto third = ProposalFor("license-2", 1, 3);
  std::vector<SightingRecord> seen;
  third.check_history = [&](const std::vector<SightingRecord>& history) {
    seen = history;
    return std::vector<std::string>();
  };
  ASSERT_TRUE(store_->ReserveActivation(At(20), third));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen.at(0).clock_ms, UINT64_MAX);
  EXPECT_EQ(seen.at(0).gate_index, 0x1500000u);
  EXPECT_EQ(seen.at(0).reset_count, 5u);
  EXPECT_EQ(seen.at(0).restart_count, 2u);
  EXPECT_EQ(store_->ListSightings("license-2")->size(), 2u);
}

TEST_P(StoreContract, AHistoryThatIsRefusedReservesNothing) {
  Sell(1);
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.check_history = [](const auto&) -> Result<std::vector<std::string>> {
    return Refused("test.history", "a copy");
  };
  EXPECT_EQ(store_->ReserveActivation(At(3), proposal).error().check, "test.history");
  EXPECT_TRUE(store_->ListActivations("license-1")->empty());
  EXPECT_TRUE(store_->ListSightings("license-1")->empty());
}

TEST_P(StoreContract, NotesOfTheHistoryAreInTheAuditLog) {
  Sell(1);
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.check_history = [](const auto&) { return std::vector<std::string>{"ledger.clock"}; };
  Issue(proposal);
  EXPECT_NE(store_->ListAudit(0, 100)->at(2).detail.find("ledger.clock"), std::string::npos);
}

TEST_P(StoreContract, NotesOfTheAppraisalAreInTheAuditLog) {
  Sell(1);
  auto proposal = ProposalFor("license-1", 1, 1);
  proposal.notes = {"ledger.reset_count"};
  Issue(proposal);
  const auto records = store_->ListAudit(0, 100);
  EXPECT_NE(records->at(2).detail.find("ledger.reset_count"), std::string::npos);
}

TEST_P(StoreContract, ALicenseHasItsOwnEndOnceItIsSet) {
  Sell(1);
  EXPECT_FALSE(store_->GetLicense("license-1")->ends);
  const auto renewed = store_->SetLicenseEnd(At(5, "cli:alice"), "license-1", At(900).at);
  ASSERT_TRUE(renewed) << renewed.error().message;
  EXPECT_EQ(renewed->ends, At(900).at);
  EXPECT_EQ(store_->ListLicenses("")->front().ends, At(900).at);
  EXPECT_EQ(store_->ListAudit(0, 100)->back().action, "license.renew");
  const size_t before = AuditCount();
  ASSERT_TRUE(store_->SetLicenseEnd(At(6), "license-1", At(900).at));
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, ALicenseWhoseOwnEndIsTakenAwayEndsAsItsPlanSays) {
  Sell(1);
  ASSERT_TRUE(store_->SetLicenseEnd(At(5), "license-1", At(900).at));
  const auto by_plan = store_->SetLicenseEnd(At(6), "license-1", std::nullopt);
  ASSERT_TRUE(by_plan) << by_plan.error().message;
  EXPECT_FALSE(by_plan->ends);
  EXPECT_FALSE(store_->GetLicense("license-1")->ends);
  EXPECT_NE(store_->ListAudit(0, 100)->back().detail.find("as the plan says"), std::string::npos);
  const size_t before = AuditCount();
  ASSERT_TRUE(store_->SetLicenseEnd(At(7), "license-1", std::nullopt));
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, ALicenseChangesItsPlanAndVersion) {
  Sell(1);
  ASSERT_TRUE(store_->PutProduct(At(5), "demo", R"({"a":1})"));
  const auto changed = store_->SetLicensePlan(At(6), "license-1", "pro", 2);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->plan, "pro");
  EXPECT_EQ(changed->product_version, 2);
  EXPECT_EQ(store_->ListAudit(0, 100)->back().action, "license.change");
  const size_t before = AuditCount();
  ASSERT_TRUE(store_->SetLicensePlan(At(7), "license-1", "pro", 2));
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, ARevokedLicenseIsNotChanged) {
  Sell(1);
  ASSERT_TRUE(store_->SetLicenseStatus(At(5), "license-1", LicenseStatus::kRevoked));
  EXPECT_EQ(store_->SetLicenseEnd(At(6), "license-1", At(900).at).error().check, "store.status");
  EXPECT_EQ(store_->SetLicensePlan(At(6), "license-1", "pro", 1).error().check, "store.status");
  EXPECT_EQ(store_->SetLicenseEnd(At(6), "nothing", At(900).at).error().check, "store.license");
}

TEST_P(StoreContract, AHeartbeatIsKeptWithItsAnswer) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  const auto recorded = store_->RecordHeartbeat(At(20), {HeartbeatOf(issued, 1), {}});
  ASSERT_TRUE(recorded) << recorded.error().message;
  EXPECT_FALSE(recorded->repeated);
  EXPECT_EQ(store_->ListAudit(0, 100)->back().action, "activation.heartbeat");
  const auto listed = store_->ListHeartbeats("license-1");
  ASSERT_EQ(listed->size(), 1u);
  const HeartbeatRecord& record = listed->front();
  EXPECT_EQ(record.ek_name, issued.ek_name);
  EXPECT_EQ(record.activation, issued.id);
  EXPECT_EQ(record.report_id, Bytes(32, 1));
  EXPECT_EQ(record.report, "a.b.c");
  EXPECT_EQ(record.report_sequence, 1);
  EXPECT_EQ(record.counter, UINT64_MAX);
  EXPECT_EQ(record.birth, 41);
  EXPECT_EQ(record.answer_id, Bytes(32, 101));
  EXPECT_EQ(record.host, "render-01");
  EXPECT_EQ(record.notes, (std::vector<std::string>{"heartbeat.gap", "heartbeat.late"}));
  EXPECT_EQ(record.seen, At(20).at);
  EXPECT_EQ(record.answer, "") << "long, and not asked for";
  const auto found = store_->FindHeartbeat("license-1", Bytes(32, 1));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->answer, "answer 1");
  EXPECT_FALSE(store_->FindHeartbeat("license-1", Bytes(32, 2))->has_value());
}

TEST_P(StoreContract, TheSameReportIsRecordedOnceAndKeepsItsAnswer) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordHeartbeat(At(20), {HeartbeatOf(issued, 1), {}}));
  const size_t before = AuditCount();
  HeartbeatRecord again = HeartbeatOf(issued, 1);
  again.answer = "another answer";
  const auto recorded = store_->RecordHeartbeat(
      At(30), {again, [](const auto&, const auto&) { return Refused("test", "not asked"); }});
  ASSERT_TRUE(recorded);
  EXPECT_TRUE(recorded->repeated);
  EXPECT_EQ(recorded->record.answer, "answer 1");
  EXPECT_EQ(recorded->record.seen, At(20).at);
  EXPECT_EQ(AuditCount(), before);
}

TEST_P(StoreContract, AHeartbeatIsJudgedBesideThoseOfItsHostAndNoOther) {
  Sell(1, 2);
  Sell(2);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto second = Issue(ProposalFor("license-1", 2, 2));
  const auto other = Issue(ProposalFor("license-2", 1, 3));
  ASSERT_TRUE(store_->RecordHeartbeat(At(20), {HeartbeatOf(first, 1), {}}));
  ASSERT_TRUE(store_->RecordHeartbeat(At(21), {HeartbeatOf(second, 2), {}}));
  ASSERT_TRUE(store_->RecordHeartbeat(At(22), {HeartbeatOf(other, 3), {}}));
  std::vector<HeartbeatRecord> seen;
  LicenseRecord license;
  const HeartbeatCheck refuse = [&](const LicenseRecord& now, const auto& before) -> Status {
    license = now;
    seen = before;
    return Refused("test.check", "no");
  };
  EXPECT_EQ(store_->RecordHeartbeat(At(23), {HeartbeatOf(first, 4), refuse}).error().check, "test.check");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.front().report_id, Bytes(32, 1));
  EXPECT_EQ(license.id, "license-1");
  EXPECT_EQ(store_->ListHeartbeats("license-1")->size(), 2u);
}

TEST_P(StoreContract, AForkSuspendsOnceAndIsOnRecord) {
  Sell(1);
  const ForkRecord refused{"license-1", Bytes(34, 1), Bytes(32, 1), Bytes(32, 2), "a", "b", false};
  EXPECT_EQ(store_->RecordFork(At(20), refused)->status, LicenseStatus::kActive);
  EXPECT_EQ(store_->ListAudit(0, 100)->back().action, "heartbeat.fork");
  ForkRecord suspended = refused;
  suspended.suspend = true;
  const auto after = store_->RecordFork(At(21), suspended);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->status, LicenseStatus::kSuspended);
  EXPECT_EQ(after->status_since, At(21).at);
  EXPECT_EQ(store_->ListAudit(0, 100)->back().action, "license.status");
  EXPECT_EQ(store_->RecordFork(At(22), suspended)->status_since, At(21).at);
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_P(StoreContract, WhatWasAcknowledgedIsThereAfterOpeningAgain) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  store_.reset();
  store_ = GetParam().open(directory_.path());
  ASSERT_NE(store_, nullptr);
  EXPECT_EQ(store_->ListActivations("license-1")->at(0).serial, issued.serial);
  EXPECT_TRUE(store_->VerifyAudit());
}

const std::vector<MeterUsage> kThirty{{"renders", MeterPeriod::kNever, Time{}, 30}};
const std::vector<MeterUsage> kFifty{{"renders", MeterPeriod::kNever, Time{}, 50}};

NewReturn ReturnWith(const ActivationRecord& activation, uint64_t gate_value,
                     const std::vector<MeterUsage>& used) {
  NewReturn proven = ReturnOf(activation, gate_value);
  proven.record.units = UnitCount::kStated;
  proven.record.used = used;
  return proven;
}

// Terms that say what they were made of.
ActivationProposal WithTerms(ActivationProposal proposal) {
  proposal.make_terms = [](const LicenseRecord& license,
                           const std::vector<MeterUsage>& used) -> Result<ProposedTerms> {
    const std::string units = used.empty() ? "none" : std::to_string(used.front().units);
    const Time ends = kStoreTime + license.time_left.value_or(Seconds{1000});
    return ProposedTerms{R"({"used":")" + units + "\"}", ends, ends + Seconds{1}};
  };
  return proposal;
}

TEST_P(StoreContract, WhatAReturnStatesIsKeptWithIt) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(issued, 2, kThirty), false));
  const auto record = store_->ListReturns("license-1")->front();
  EXPECT_EQ(record.units, UnitCount::kStated);
  EXPECT_EQ(record.used, kThirty);
  EXPECT_FALSE(record.time_left);
}

TEST_P(StoreContract, TheNextHostGoesOnWithTheUnitsOfTheReturnedPlaceAndTheOneAfterItWithItsOwn) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  EXPECT_EQ(first.terms, R"({"used":"none"})");
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  const auto second = Issue(WithTerms(ProposalFor("license-1", 2, 2)));
  EXPECT_EQ(second.takes_over, first.id);
  EXPECT_EQ(second.terms, R"({"used":"30"})");
  EXPECT_EQ(second.not_after, kStoreTime + Seconds{1001});
  ASSERT_TRUE(store_->RecordReturn(At(30), ReturnWith(second, 2, kFifty), false));
  const auto again = AtGate(2, ProposalFor("license-1", 1, 3));
  EXPECT_EQ(Issue(WithTerms(again)).terms, R"({"used":"50"})") << "also where the license was before";
}

TEST_P(StoreContract, ANewRequestOfAHostKeepsItsPlace) {
  Sell(1, 2);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  Issue(WithTerms(ProposalFor("license-1", 2, 2)));
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 2, 3))).terms, R"({"used":"30"})");
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 3, 4))).terms, R"({"used":"none"})")
      << "the other place was never used";
}

TEST_P(StoreContract, OfTwoFreePlacesAHostTakesItsOwn) {
  Sell(1, 2);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  const auto second = Issue(WithTerms(ProposalFor("license-1", 2, 2)));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  ASSERT_TRUE(store_->RecordReturn(At(21), ReturnWith(second, 2, kFifty), false));
  const auto again = AtGate(2, ProposalFor("license-1", 1, 3));
  EXPECT_EQ(Issue(WithTerms(again)).terms, R"({"used":"30"})");
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 3, 4))).terms, R"({"used":"50"})");
}

TEST_P(StoreContract, APlaceThatIsReleasedIsFreeWithTheUnitsThatItHad) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  const auto second = Issue(WithTerms(ProposalFor("license-1", 2, 2)));
  ASSERT_TRUE(store_->ReleaseActivation(At(30), "license-1", second.id));
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 3, 3))).terms, R"({"used":"30"})");
}

TEST_P(StoreContract, AReservationThatLapsesLeavesTheUnitsToWhoTakesItsPlace) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  ASSERT_TRUE(store_->ReserveActivation(At(21), WithTerms(ProposalFor("license-1", 2, 2))));
  const auto other = store_->ReserveActivation(At(22), WithTerms(Later(ProposalFor("license-1", 3, 3))));
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->terms, R"({"used":"30"})");
}

// The proof was on its way while the host was activated anew.
TEST_P(StoreContract, AProofThatComesLateGoesToTheHostsPresentActivation) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  const auto second = Issue(WithTerms(AtGate(2, ProposalFor("license-1", 1, 2))));
  EXPECT_EQ(second.terms, R"({"used":"none"})");
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  EXPECT_EQ(store_->ListActivations("license-1")->back().takes_over, first.id);
  ASSERT_TRUE(store_->RecordReturn(At(21), ReturnWith(second, 3, kFifty), false));
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 2, 3))).terms, R"({"used":"50"})");
}

// Two returns whose proofs went into one mail, and were taken in the wrong order.
TEST_P(StoreContract, AnOlderProofThatComesAfterTheNewerOneLeavesNoPlaceOfItsOwn) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  const auto second = Issue(WithTerms(AtGate(2, ProposalFor("license-1", 1, 2))));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(second, 3, kFifty), false));
  const auto older = store_->RecordReturn(At(21), ReturnWith(first, 2, kThirty), false);
  ASSERT_TRUE(older) << older.error().message;
  EXPECT_EQ(older->record.units, UnitCount::kNone);
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 2, 3))).terms, R"({"used":"50"})");
}

// The statement of a license that was over, with the gate as a later license's return left it.
TEST_P(StoreContract, AnOlderProofEndsNoLicenseThatCameAfterALaterReturn) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  const auto second = Issue(WithTerms(AtGate(2, ProposalFor("license-1", 1, 2))));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(second, 3, kFifty), false));
  const auto third = Issue(WithTerms(AtGate(3, ProposalFor("license-1", 1, 3))), 21);
  const auto older = store_->RecordReturn(At(30), ReturnWith(first, 4, kThirty), false);
  ASSERT_TRUE(older) << older.error().message;
  EXPECT_TRUE(older->ended.empty());
  EXPECT_EQ(store_->ListActivations("license-1")->back().takes_over, second.id);
  EXPECT_EQ(store_->RecordReturn(At(31), ReturnWith(third, 4, kFifty), false)->ended,
            std::vector<std::string>{third.id})
      << "control: its own proof does";
}

TEST_P(StoreContract, AProofOnRecordWithALaterValueOfTheGateEndsNothingMore) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(first, 2, kThirty), false));
  const auto second = Issue(WithTerms(AtGate(2, ProposalFor("license-1", 1, 2))), 21);
  const auto again = store_->RecordReturn(At(30), ReturnWith(first, 3, kThirty), false);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(StateOf("license-1", second.id), ActivationState::kIssued);
  ASSERT_TRUE(store_->RecordReturn(At(31), ReturnWith(second, 3, kFifty), false));
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 2, 3)), 32).terms, R"({"used":"50"})");
}

TEST_P(StoreContract, AFreshProofCountsNoUnitsAgain) {
  Sell(1);
  const auto issued = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  ASSERT_TRUE(store_->RecordReturn(At(20), ReturnWith(issued, 2, kThirty), false));
  NewReturn fresh = ReturnWith(issued, 2, kThirty);
  fresh.record.nonce = store_->IssueReturnNonce(At(21), issued.id, Bytes(32, 1))->nonce;
  const auto returned = store_->RecordReturn(At(22), fresh, false);
  ASSERT_TRUE(returned) << returned.error().message;
  EXPECT_EQ(returned->record.units, UnitCount::kNone);
}

NewReturn WithTime(NewReturn proven, int64_t end) {
  proven.credit_time = true;
  proven.plan_end = kStoreTime + Seconds{end};
  return proven;
}

TEST_P(StoreContract, ALicenseWhoseLastActivationIsReturnedStandsStillUntilTheNext) {
  Sell(1);
  const auto issued = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  const auto returned = store_->RecordReturn(At(20), WithTime(ReturnOf(issued, 2), 500), false);
  ASSERT_TRUE(returned) << returned.error().message;
  EXPECT_EQ(returned->record.time_left, Seconds{480});
  EXPECT_EQ(store_->GetLicense("license-1")->time_left, Seconds{480});
  EXPECT_EQ(store_->ListReturns("license-1")->front().time_left, Seconds{480});
  const auto next = Issue(WithTerms(ProposalFor("license-1", 2, 2)));
  EXPECT_EQ(next.not_after, kStoreTime + Seconds{481});
  const auto running = store_->GetLicense("license-1");
  EXPECT_FALSE(running->time_left);
  EXPECT_EQ(running->ends, kStoreTime + Seconds{480}) << "it is the license's own end from now on";
}

// As it was once issued by whom the return overtook.
TEST_P(StoreContract, AProofThatComesAgainEndsWhatWasIssuedForItsDeadKey) {
  Sell(1);
  const auto first = Issue(WithTerms(ProposalFor("license-1", 1, 1)));
  const NewReturn proven = WithTime(ReturnWith(first, 2, kThirty), 500);
  ASSERT_TRUE(store_->RecordReturn(At(20), proven, false));
  auto late = WithTerms(RenewalOf(first, 1, 2));
  late.renews.clear();
  const auto renewed = Issue(late, 21);
  EXPECT_EQ(renewed.takes_over, first.id);
  EXPECT_FALSE(store_->GetLicense("license-1")->time_left);
  EXPECT_EQ(store_->RecordReturn(At(30), proven, true)->ended, std::vector<std::string>{renewed.id});
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 1) << "a dry run";
  const auto again = store_->RecordReturn(At(30), proven, false);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->repeated);
  EXPECT_EQ(again->ended, std::vector<std::string>{renewed.id});
  EXPECT_EQ(again->record.accepted, At(20).at);
  EXPECT_EQ(store_->GetLicense("license-1")->activations, 0);
  EXPECT_EQ(store_->GetLicense("license-1")->time_left, Seconds{450}) << "it stands still again";
  EXPECT_EQ(store_->ListReturns("license-1")->size(), 1u);
  EXPECT_TRUE(store_->RecordReturn(At(31), proven, false)->repeated);
  EXPECT_EQ(Issue(WithTerms(ProposalFor("license-1", 2, 3)), 32).terms, R"({"used":"30"})")
      << "the place is free with its units";
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_P(StoreContract, TimeGoesOnWhereTheLicenseIsInUseElsewhereOrOverOrItIsNotCredited) {
  Sell(1, 2);
  const auto first = Issue(ProposalFor("license-1", 1, 1));
  const auto second = Issue(ProposalFor("license-1", 2, 2));
  EXPECT_FALSE(store_->RecordReturn(At(20), WithTime(ReturnOf(first, 2), 500), false)->record.time_left);
  EXPECT_FALSE(store_->RecordReturn(At(20), WithTime(ReturnOf(second, 2), 20), true)->record.time_left);
  EXPECT_FALSE(store_->RecordReturn(At(20), ReturnOf(second, 2), true)->record.time_left);
  EXPECT_TRUE(store_->RecordReturn(At(20), WithTime(ReturnOf(second, 2), 21), true)->record.time_left)
      << "control";
  EXPECT_FALSE(store_->GetLicense("license-1")->time_left) << "a dry run stores nothing";
}

TEST_P(StoreContract, ALicenseThatStandsStillRunsAgainWithANewEnd) {
  Sell(1);
  const auto issued = Issue(ProposalFor("license-1", 1, 1));
  ASSERT_TRUE(store_->RecordReturn(At(20), WithTime(ReturnOf(issued, 2), 500), false));
  const auto renewed = store_->SetLicenseEnd(At(30), "license-1", kStoreTime + Seconds{900});
  ASSERT_TRUE(renewed) << renewed.error().message;
  EXPECT_EQ(renewed->ends, kStoreTime + Seconds{900});
  EXPECT_FALSE(renewed->time_left);
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract, ::testing::Values(StoreKind{"Sqlite", OpenSqlite}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace holdfast
