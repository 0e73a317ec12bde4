#include "agent/ledger/ledger.h"

#include <algorithm>

#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

// What may be cured by asking again says nothing about the ledger.
bool IsFinding(const Error& error) {
  return error.check == "tpm.cleared" || error.check == "tpm.counter";
}

// Nobody has been at it: it is a newer program's, which finds it good again as long as it is left alone.
bool IsOfAnotherSchema(const Error& error) {
  return error.check == "state.schema" && error.kind == ErrorKind::kRefused;
}

}  // namespace

std::string_view LedgerFindingName(LedgerFinding finding) {
  switch (finding) {
    case LedgerFinding::kNew:
      break;
    case LedgerFinding::kGood:
      return "good";
    case LedgerFinding::kRolledBack:
      return "rolled_back";
    case LedgerFinding::kTpmBehind:
      return "tpm_behind";
    case LedgerFinding::kLost:
      return "lost";
    case LedgerFinding::kAltered:
      return "altered";
    case LedgerFinding::kForeign:
      return "foreign";
  }
  return "new";
}

LedgerFinding JudgeStamp(int64_t stamp, int64_t counter) {
  if (stamp < counter) return LedgerFinding::kRolledBack;
  return stamp - counter <= 1 ? LedgerFinding::kGood : LedgerFinding::kTpmBehind;
}

Result<Ledger> Ledger::Open(const StateDirectory& state, LedgerAnchor& tpm, bool use_tpm) {
  Ledger ledger(state, tpm);
  ledger.use_tpm_ = use_tpm;
  const auto file = state.ReadLedger();
  if (file) {
    HOLDFAST_CHECK(ledger.OpenFile(AsText(*file)));
    return ledger;
  }
  if (file.error().kind == ErrorKind::kUnavailable) return tl::unexpected(file.error());
  if (file.error().kind != ErrorKind::kNotFound) {
    ledger.MakeAnew(LedgerFinding::kAltered, file.error().message);
    return ledger;
  }
  if (use_tpm) {
    HOLDFAST_CHECK(ledger.MakeAnewUnlessLost(LedgerFinding::kNew, ""));
  } else {
    ledger.MakeAnew(LedgerFinding::kNew, "");
  }
  return ledger;
}

Status Ledger::OpenFile(std::string_view json) {
  auto file = ParseLedgerFile(json);
  if (!file && IsOfAnotherSchema(file.error())) return tl::unexpected(std::move(file.error()));
  if (!file) {
    MakeAnew(LedgerFinding::kAltered, file.error().message);
    return {};
  }
  if (file->protection) return OpenProtected(std::move(*file));
  return OpenUnprotected(*file);
}

// Whether anybody set it back cannot be known. For licenses in the TPM it is no ledger at all: they are pinned to a counter.
Status Ledger::OpenUnprotected(const LedgerFile& file) {
  auto content = ParseLedgerContent(file.content);
  if (!content || !Equal(file.mac, LedgerMac({}, file.content))) {
    MakeAnew(LedgerFinding::kAltered, content ? "its checksum is wrong" : content.error().message);
    return {};
  }
  content_ = std::move(*content);
  if (!use_tpm_) {
    finding_ = LedgerFinding::kGood;
    return {};
  }
  content_.stamp = content_.disturbed = 0;  // these say nothing about a TPM's counter
  return MakeAnewUnlessLost(LedgerFinding::kNew, "");
}

// Is it in the place of this TPM's own?
Status Ledger::MakeAnewUnlessLost(LedgerFinding finding, std::string detail) {
  HOLDFAST_TRY(const bool there, tpm_->HasCounter(tpm::kLedgerCounterIndex));
  if (there) {
    finding = LedgerFinding::kLost;
    detail = "the TPM has a ledger's counter, and its ledger is not there";
  }
  MakeAnew(finding, std::move(detail));
  return {};
}

// Of a file that was written before its counter was made. `has_counter`: the one in the TPM has the file's authValue.
Status Ledger::GoOnBeginning(bool has_counter) {
  use_tpm_ = true;  // as it was begun with
  const std::string detail = "it was being begun when the host or a program on it stopped";
  if (content_.disturbed > 0) {
    MakeAnew(LedgerFinding::kLost, detail + ", in the place of one that was lost");
    return {};
  }
  if (!has_counter) return MakeAnewUnlessLost(LedgerFinding::kNew, detail);
  begun_ = true;
  MakeAnew(LedgerFinding::kNew, detail);
  return {};
}

Status Ledger::OpenProtected(LedgerFile file) {
  auto reading = tpm_->Read(file.protection->key, file.protection->counter);
  if (!reading) {
    if (!IsFinding(reading.error())) return tl::unexpected(std::move(reading.error()));
    return MakeAnewUnlessLost(LedgerFinding::kForeign, reading.error().message);
  }
  auto content = ParseLedgerContent(file.content);
  if (!content || !Equal(file.mac, LedgerMac(reading->key, file.content))) {
    MakeAnew(LedgerFinding::kAltered, content ? "its MAC is wrong" : content.error().message);
    return {};
  }
  content_ = std::move(*content);
  clock_ = reading->clock;
  if (content_.stamp == 0) return GoOnBeginning(reading->counter.has_value());
  if (!reading->counter) {
    MakeAnew(LedgerFinding::kLost, "its counter in the TPM was deleted, or made anew by somebody else");
    return {};
  }
  const auto counter = static_cast<int64_t>(*reading->counter);
  finding_ = JudgeStamp(content_.stamp, counter);
  if (finding_ == LedgerFinding::kTpmBehind) {
    MakeAnew(finding_, "the TPM's counter is behind it: the TPM was set back");
    return {};
  }
  if (finding_ == LedgerFinding::kRolledBack) {
    detail_ = std::to_string(counter - content_.stamp) + " commits are missing in it";
    content_.disturbed = counter + 1;  // the stamp that Settle gives it
    content_.question.reset();
  }
  counter_ = known_ = counter;
  protection_ = std::move(file.protection);
  key_ = std::move(reading->key);
  return {};
}

// With a key of its own, so that no file of before is ever the newest again.
void Ledger::MakeAnew(LedgerFinding finding, std::string detail) {
  finding_ = finding;
  detail_ = std::move(detail);
  content_.question.reset();
  create_ = true;
}

Status Ledger::Create() {
  if (!use_tpm_) {
    key_ = {};
    protection_.reset();
    content_.birth = content_.stamp + 1;
    content_.stamp = content_.birth;
    return Write(content_);
  }
  LedgerProtection fresh;
  fresh.counter.auth = Secret(RandomBytes(kCounterAuthSize));
  Secret key(RandomBytes(kSealedKeySize));
  HOLDFAST_TRY(fresh.key, tpm_->Seal(key));
  HOLDFAST_TRY(const bool there, tpm_->HasCounter(fresh.counter.index));
  replaced_counter_ = replaced_counter_ || (there && !begun_);
  key_ = std::move(key);
  protection_ = std::move(fresh);
  // Of another machine, or of before the TPM was cleared: nothing was done to this one's, and no license of before is at home here.
  const bool first = finding_ == LedgerFinding::kNew || finding_ == LedgerFinding::kForeign;
  LedgerContent content = content_;
  // What was carried over from before a TPM was set back may have a later stamp than the counter.
  if (!first) content.disturbed = std::max({content.disturbed, content.stamp, int64_t{1}});
  content.birth = content.stamp = 0;
  HOLDFAST_CHECK(Write(content));
  begun_ = true;
  HOLDFAST_TRY(const uint64_t birth, tpm_->CreateCounter(protection_->counter));
  content.birth = content.stamp = static_cast<int64_t>(birth);
  if (!first) content.disturbed = std::max(content.disturbed, content.birth);
  HOLDFAST_CHECK(Write(content));
  content_ = std::move(content);
  counter_ = known_ = content_.stamp;
  may_have_moved_ = false;
  return {};
}

// Whoever had the counter's authValue, from a copy of the file, has used more than this process knows.
void Ledger::Disturb(int64_t counter) {
  finding_ = LedgerFinding::kRolledBack;
  detail_ = "something else incremented its counter while it was in use: a copy of it, in another process";
  content_.disturbed = std::max(content_.disturbed, counter + 1);
  content_.question.reset();
}

// After an error the TPM's counter may be anywhere up to what was written.
Result<int64_t> Ledger::Counter() {
  if (counter_) return *counter_;
  HOLDFAST_TRY(const auto reading, tpm_->Read(protection_->key, protection_->counter));
  if (reading.counter) return static_cast<int64_t>(*reading.counter);
  return Refused("tpm.counter", "the ledger's counter in the TPM was deleted", "restart the agent");
}

Status Ledger::WriteAndAdvance(const LedgerContent& content) {
  counter_.reset();
  HOLDFAST_CHECK(Write(content));
  if (!protection_) return {};
  const Status advanced = tpm_->Advance(protection_->counter, static_cast<uint64_t>(content.stamp));
  if (!advanced) {
    const bool elsewhere = advanced.error().check == "tpm.counter";
    may_have_moved_ = may_have_moved_ || !elsewhere;
    if (elsewhere && !may_have_moved_) Disturb(content.stamp);
    return advanced;
  }
  counter_ = known_ = content.stamp;
  may_have_moved_ = false;
  return {};
}

Status Ledger::Settle() {
  if (settled_) return {};
  if (create_) {
    HOLDFAST_CHECK(Create());
    create_ = false;
  } else if (protection_) {
    HOLDFAST_TRY(const int64_t counter, Counter());
    if (counter != known_ && !(may_have_moved_ && counter == known_ + 1)) Disturb(counter);
    known_ = counter;
    may_have_moved_ = false;
    LedgerContent next = content_;
    next.stamp = counter + 1;
    HOLDFAST_CHECK(WriteAndAdvance(next));
    content_.stamp = next.stamp;
  }
  settled_ = true;
  return {};
}

Status Ledger::Commit(LedgerContent content) {
  HOLDFAST_CHECK(Settle());
  content.birth = content_.birth;
  content.disturbed = content_.disturbed;
  content.stamp = content_.stamp + 1;
  settled_ = false;  // until all of it is done
  HOLDFAST_CHECK(WriteAndAdvance(content));
  content_ = std::move(content);
  settled_ = true;
  return {};
}

Status Ledger::Write(const LedgerContent& content) const {
  const std::string text = FormatLedgerContent(content);
  return state_->WriteLedger(
      AsBytes(FormatLedgerFile(protection_ ? &*protection_ : nullptr, text, LedgerMac(key_, text))));
}

}  // namespace holdfast
