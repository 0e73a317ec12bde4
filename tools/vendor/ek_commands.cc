#include <algorithm>
#include <iostream>

#include "protocol/armor.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"
#include "tools/vendor/recorded_change.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxDer = 32 * 1024;
constexpr const char* kClasses = "discrete, firmware, pluton, cloud-vtpm or simulator";

Result<VendorDirectory> OpenDirectory(const cli::Arguments& arguments) {
  HOLDFAST_TRY(VendorDirectory directory, DirectoryOf(arguments));
  HOLDFAST_CHECK(LoadSettings(directory));
  return directory;
}

Result<EkRootClass> ClassOf(const cli::Arguments& arguments) {
  auto parsed = ParseEkRootClass(arguments.Text("class"));
  if (parsed) return parsed;
  return Fail(ErrorKind::kUsage, "usage.class",
              "'" + cli::Printable(arguments.Text("class")) + "' is not a class of TPM",
              std::string("use ") + kClasses);
}

// PEM with one or several certificates, or one certificate in DER, as manufacturers publish them.
Result<std::vector<Bytes>> ReadCertificates(const std::string& file) {
  HOLDFAST_TRY(const std::string text, cli::ReadInput(file, kMaxFileSize));
  if (text.find("-----BEGIN") == std::string::npos) {
    if (text.empty() || text[0] != 0x30 || text.size() > kMaxDer)
      return Malformed("ek_roots.file", file + ": neither PEM nor DER certificates",
                       "get the manufacturer's root as PEM or DER");
    return std::vector<Bytes>{ToBytes(text)};
  }
  HOLDFAST_TRY(const auto blocks, cli::About(file, ParseArmor(text)));
  std::vector<Bytes> certificates;
  for (const ArmorBlock& block : blocks) {
    if (block.label != kLabelCertificate)
      return Malformed("ek_roots.file", file + ": holds a " + block.label, "give certificates only");
    certificates.push_back(block.content);
  }
  return certificates;
}

std::string Fingerprint(ByteView der) {
  return HexEncode(Sha256(der));
}

// Verification takes the class that it finds first, so a second one for the same certificate would do nothing.
Status CheckOneClass(const std::vector<Bytes>& certificates, EkRootClass root_class,
                     const EkRootBundle& bundle) {
  for (const EkRoot& root : bundle.roots) {
    if (root.root_class == root_class ||
        std::find(certificates.begin(), certificates.end(), root.certificate) == certificates.end())
      continue;
    return Fail(ErrorKind::kConflict, "ek_roots.class",
                "certificate " + Fingerprint(root.certificate) + " (" + cli::Printable(root.name) +
                    ") is trusted as " + std::string(EkRootClassName(root.root_class)) +
                    " already, and has one class only",
                "if that class is wrong, take it out with `holdfast-vendor ek-roots remove` and add it "
                "again; nothing was added");
  }
  return {};
}

// It signs licenses. As an anchor for TPMs it would do nothing, and look as if it did.
Status CheckNotOurs(const std::vector<Bytes>& certificates, const TrustAnchors& license_roots) {
  for (const Certificate& root : license_roots.roots)
    if (std::find(certificates.begin(), certificates.end(), root.der()) != certificates.end())
      return Refused("ek_roots.license_root",
                     "this is the root of your own licenses, which says nothing about a TPM",
                     "get the TPM manufacturer's certificates; customers get this file, as their roots.pem");
  return {};
}

Status RecordedWrite(Store& store, const std::string& action, const std::string& subject, const Json& detail,
                     const Path& file, const std::string& content) {
  return RecordedChange(store, action, subject, detail, [&]() -> Result<Json> {
    HOLDFAST_CHECK(WriteFileAtomically(file, AsBytes(content), 0644));
    return Json::object();
  });
}

Result<int> Add(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const EkRootClass root_class, ClassOf(arguments));
  HOLDFAST_TRY(const VendorDirectory directory, DirectoryOf(arguments));
  HOLDFAST_TRY(const LicensingSettings settings, LoadSettings(directory));
  const std::string file = arguments.Text("FILE");
  HOLDFAST_TRY(const auto certificates, ReadCertificates(file));
  HOLDFAST_CHECK(cli::About(file, CheckNotOurs(certificates, settings.roots)));
  HOLDFAST_TRY(const FileLock lock, LockFiles(directory));
  HOLDFAST_TRY(EkRootBundle bundle, LoadEkRoots(directory));
  HOLDFAST_CHECK(cli::About(file, CheckOneClass(certificates, root_class, bundle)));
  const std::string name =
      arguments.Has("name") ? arguments.Text("name") : cli::Printable(Path(file).filename().string());
  Json added = Json::array();
  for (const Bytes& certificate : certificates) {
    const bool known = std::any_of(bundle.roots.begin(), bundle.roots.end(), [&](const EkRoot& root) {
      return root.certificate == certificate && root.root_class == root_class;
    });
    if (known) continue;
    bundle.roots.push_back({root_class, name, certificate});
    added.push_back(Fingerprint(certificate));
  }
  if (!added.empty()) ++bundle.version;
  const std::string formatted = FormatEkRootBundle(bundle);
  HOLDFAST_CHECK(cli::About(file, ParseEkRootBundle(formatted)));  // refuses what is no certificate
  if (!added.empty()) {
    HOLDFAST_TRY(const Records records, OpenRecords(arguments));
    const Json detail{{"class", EkRootClassName(root_class)}, {"version", bundle.version}, {"added", added}};
    HOLDFAST_CHECK(
        RecordedWrite(*records.store, "ek_roots.add", name, detail, directory.EkRoots(), formatted));
  }
  if (arguments.json()) {
    cli::Print(Json{{"version", bundle.version}, {"added", added}});
  } else {
    std::cout << added.size() << " certificate(s) added as " << EkRootClassName(root_class)
              << ", bundle version " << bundle.version << "\n";
  }
  return cli::kExitDone;
}

Result<int> List(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const VendorDirectory directory, OpenDirectory(arguments));
  HOLDFAST_TRY(const EkRootBundle bundle, LoadEkRoots(directory));
  HOLDFAST_TRY(const EkPolicy policy, LoadEkPolicy(directory));
  Json roots = Json::array(), pinned = Json::array();
  for (const EkRoot& root : bundle.roots) {
    roots.push_back({{"class", EkRootClassName(root.root_class)},
                     {"name", root.name},
                     {"sha256", Fingerprint(root.certificate)}});
    if (!arguments.json())
      std::cout << Fingerprint(root.certificate) << "  " << EkRootClassName(root.root_class) << "  "
                << cli::Printable(root.name) << "\n";
  }
  for (const PinnedEk& ek : policy.pinned) {
    pinned.push_back({{"class", EkRootClassName(ek.root_class)}, {"key", HexEncode(ek.key)}});
    if (!arguments.json())
      std::cout << HexEncode(ek.key) << "  " << EkRootClassName(ek.root_class) << "  (pinned key)\n";
  }
  if (arguments.json()) cli::Print(Json{{"version", bundle.version}, {"roots", roots}, {"pinned", pinned}});
  return cli::kExitDone;
}

Result<Sha256Digest> KeyOf(const cli::Arguments& arguments) {
  const auto octets = HexDecode(arguments.Text("KEY"));
  Sha256Digest key{};
  if (!octets || octets->size() != key.size())
    return Fail(ErrorKind::kUsage, "usage.key", "KEY is not a SHA-256 in hexadecimal",
                "it is that of the EK's SubjectPublicKeyInfo (DER); `holdfast inspect REQUEST` shows it");
  std::copy(octets->begin(), octets->end(), key.begin());
  return key;
}

Result<int> Pin(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const EkRootClass root_class, ClassOf(arguments));
  HOLDFAST_TRY(const Sha256Digest key, KeyOf(arguments));
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const FileLock lock, LockFiles(records.directory));
  HOLDFAST_TRY(EkPolicy policy, LoadEkPolicy(records.directory));
  std::erase_if(policy.pinned, [&](const PinnedEk& pinned) { return pinned.key == key; });
  policy.pinned.push_back({key, root_class});
  const Json detail{{"class", EkRootClassName(root_class)}};
  HOLDFAST_CHECK(RecordedWrite(*records.store, "ek_roots.pin", HexEncode(key), detail,
                               records.directory.EkPolicyFile(), FormatEkPolicy(policy)));
  if (arguments.json()) {
    cli::Print(Json{{"key", HexEncode(key)}, {"class", EkRootClassName(root_class)}});
  } else {
    std::cout << "endorsement key " << HexEncode(key) << " is trusted as " << EkRootClassName(root_class)
              << "\n";
  }
  return cli::kExitDone;
}

}  // namespace

void AddEkCommands(cli::Program& program) {
  const cli::Option root_class{.name = "class", .value = "CLASS", .help = kClasses, .required = true};
  program.Add({.name = "ek-roots add",
               .summary = "trust a manufacturer's root or intermediate certificates for endorsement keys",
               .arguments = {{.name = "FILE", .required = true}},
               .options = {root_class,
                           {.name = "name", .value = "NAME", .help = "for people; else the file's name"},
                           cli::kJsonOption},
               .details = "Compare the certificates' hashes over a second channel first.",
               .run = Add});
  program.Add({.name = "ek-roots list",
               .summary = "what is trusted: SHA-256, class, name",
               .options = {cli::kJsonOption},
               .run = List});
  AddEkRemoveCommand(program);
  program.Add({.name = "ek-roots pin",
               .summary = "trust one endorsement key that has no certificate",
               .arguments = {{.name = "KEY", .required = true}},
               .options = {root_class, cli::kJsonOption},
               .details =
                   "KEY is the SHA-256, in hexadecimal, of the key's SubjectPublicKeyInfo, learnt over "
                   "a channel that you trust.",
               .run = Pin});
}

}  // namespace holdfast::vendor
