// Who is believed, and what those who are not are called.
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

using testing::ScriptedAgent;
using testing::TestPki;

class TrustTest : public ClientTest {
 protected:
  void Say(const std::function<void(ScriptedAgent::Script&)>& change) { agent.Change(change, false); }
};

TEST_F(TrustTest, AGenuineAgentIsBelieved) {
  EXPECT_EQ(Opening(), "ok");
}

TEST_F(TrustTest, AnotherVendorsAgentIsRefused) {
  roots = RootsOf(TestPki());
  EXPECT_EQ(Opening(), "other_vendor path.anchor");
}

TEST_F(TrustTest, OneOfSeveralRootsIsEnough) {
  roots = RootsOf(TestPki()) + RootsOf(pki);
  EXPECT_EQ(Opening(), "ok");
}

TEST_F(TrustTest, AnAgentWithALicenseForAnotherProductIsRefused) {
  product = "modeler";
  EXPECT_EQ(Opening(), "other_vendor session.other_product");
}

TEST_F(TrustTest, AStatementForAnotherProductIsRefused) {
  Say([](ScriptedAgent::Script& script) { script.statement.product = "modeler"; });
  EXPECT_EQ(Opening(), "other_vendor session.other_product");
}

TEST_F(TrustTest, AnotherHostsAgentIsRefused) {
  Say([](ScriptedAgent::Script& script) {
    script.statement.boot_id = "01234567-89ab-cdef-0123-456789abcdef";
  });
  EXPECT_EQ(Opening(), "other_host session.other_host");
}

TEST_F(TrustTest, ARecordedConversationIsRefused) {
  std::string recorded;
  Say([&](ScriptedAgent::Script& script) {
    script.on_wire = [&](const std::string& op, std::string& lines) {
      if (op != "challenge") return true;
      if (recorded.empty()) recorded = lines;
      lines = recorded;
      return true;
    };
  });
  EXPECT_EQ(Opening(), "ok");
  EXPECT_EQ(Opening(), "agent_replayed challenge.signature");
}

TEST_F(TrustTest, ASessionThatIsOverIsRefused) {
  Say([](ScriptedAgent::Script& script) { script.now = script.statement.ends + Seconds(1); });
  EXPECT_EQ(Opening(), "agent_replayed session.window");
}

TEST_F(TrustTest, ASessionIsGoodUntilItsLastSecond) {
  Say([](ScriptedAgent::Script& script) { script.now = script.statement.ends; });
  EXPECT_EQ(Opening(), "ok");
}

TEST_F(TrustTest, AnAgentWithoutTheLicenseKeyIsAFake) {
  Say([](ScriptedAgent::Script& script) {
    script.statement_key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  });
  EXPECT_EQ(Opening(), "agent_fake jws.signature");
}

TEST_F(TrustTest, AnAgentWithoutTheSessionKeyIsRefused) {
  Say([](ScriptedAgent::Script& script) { script.session_key = EcPrivateKey::Generate().value(); });
  EXPECT_EQ(Opening(), "agent_replayed challenge.signature");
}

TEST_F(TrustTest, AStatementAboutAnotherLicenseIsAFake) {
  Say([](ScriptedAgent::Script& script) { script.statement.serial.back() ^= 1; });
  EXPECT_EQ(Opening(), "agent_fake session.other_license");
}

TEST_F(TrustTest, AStatementAboutAnotherCertificateIsAFake) {
  Say([](ScriptedAgent::Script& script) { script.statement.certificate[0] ^= 1; });
  EXPECT_EQ(Opening(), "agent_fake session.other_license");
}

TEST_F(TrustTest, ALicenseThatItsIssuerDidNotSignIsAFake) {
  const TestPki other;
  Say([&](ScriptedAgent::Script& script) {
    // The names are the same, and so is the key in the license: only the signature is another issuer's.
    const Bytes der = testing::SignCertificate(script.license.license.fields(), *other.issuing_key);
    script.license.license = Certificate::Parse(der, CertificateProfile::kLicense).value();
    script.statement.certificate = Sha256(der);
  });
  EXPECT_EQ(Opening(), "agent_fake path.signature");
}

TEST_F(TrustTest, AnAnswerThatIsAlteredIsRefused) {
  Say([](ScriptedAgent::Script& script) {
    script.on_wire = [](const std::string& op, std::string& lines) {
      if (op == "entitlements") lines.replace(lines.find("\"layers\""), 8, "\"lawyers");
      return true;
    };
  });
  EXPECT_EQ(Opening(), "agent_altered mac.mismatch");
}

TEST_F(TrustTest, AnAuthenticationCodeThatIsAlteredIsRefused) {
  Say([](ScriptedAgent::Script& script) {
    script.on_wire = [](const std::string& op, std::string& lines) {
      if (op == "entitlements") lines[5] = lines[5] == 'A' ? 'B' : 'A';
      return true;
    };
  });
  EXPECT_EQ(Opening(), "agent_altered mac.mismatch");
}

TEST_F(TrustTest, AnAnswerOfAnotherConversationIsRefused) {
  std::string recorded;
  Say([&](ScriptedAgent::Script& script) {
    script.on_wire = [&](const std::string& op, std::string& lines) {
      if (op != "entitlements") return true;
      if (recorded.empty()) recorded = lines;
      lines = recorded;
      return true;
    };
  });
  EXPECT_EQ(Opening(), "ok");
  EXPECT_EQ(Opening(), "agent_altered mac.mismatch");
}

TEST_F(TrustTest, AnswersInAnotherOrderAreRefused) {
  std::string first;
  Say([&](ScriptedAgent::Script& script) {
    script.on_wire = [&](const std::string& op, std::string& lines) {
      if (op == "entitlements") lines.swap(first);
      if (op == "watch") lines += first;
      return true;
    };
  });
  EXPECT_EQ(Opening(), "agent_altered mac.mismatch");
}

TEST_F(TrustTest, AnAnswerWithoutAuthenticationIsInvalid) {
  Say([](ScriptedAgent::Script& script) {
    script.on_wire = [](const std::string& op, std::string& lines) {
      if (op == "entitlements") lines.erase(0, lines.find('{'));
      return true;
    };
  });
  EXPECT_EQ(Opening(), "agent_invalid mac.form");
}

TEST_F(TrustTest, AnAnswerAboutAnotherProductIsInvalid) {
  Say([](ScriptedAgent::Script& script) { script.entitlements.product = "modeler"; });
  EXPECT_EQ(Opening(), "agent_invalid entitlements.product");
}

TEST_F(TrustTest, ASecondConversationIsJudgedAnewThoughTheLicenseIsKnown) {
  Handle handle = MustOpen();
  Say([](ScriptedAgent::Script& script) { script.session_key = EcPrivateKey::Generate().value(); });
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_AGENT_REPLAYED);
}

TEST_F(TrustTest, ANewSessionOfTheSameAgentIsBelieved) {
  Handle handle = MustOpen();
  Say([](ScriptedAgent::Script& script) {
    script.session_key = EcPrivateKey::Generate().value();
    script.statement.session_key = local::EcPointOf(script.session_key.public_key());
  });
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK);
}

TEST_F(TrustTest, AnAgentWhoseOwnListRevokesItsLicenseGrantsNothing) {
  Say([&](ScriptedAgent::Script& script) {
    CrlFields list = pki.ShardCrlFields();
    list.entries = {{script.license.license.fields().serial, list.this_update}};
    script.license.crl = pki.IssueCrl(list);
  });
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_check(handle.get(), "export", &reason), HOLDFAST_DENIED);
}

}  // namespace
}  // namespace holdfast
