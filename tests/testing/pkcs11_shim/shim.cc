#include "tests/testing/pkcs11_shim/shim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace {

using holdfast::testing::ShimControl;

ShimControl control;
std::atomic<bool> dead{false};        // the device was removed, and nobody finalised since
std::set<CK_MECHANISM_TYPE> offered;  // empty: all
std::string log_file;
CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST list;

const char* Variable(const char* name) {
  return getenv(name);
}

template <class T>
void Read(const char* name, std::atomic<T>& value) {
  if (const char* text = Variable(name)) value = static_cast<T>(strtoul(text, nullptr, 0));
}

void ReadEnvironment() {
  Read("HOLDFAST_SHIM_SIGN_DELAY_US", control.sign_delay_us);
  Read("HOLDFAST_SHIM_FLIP", control.flip_signature);
  Read("HOLDFAST_SHIM_FAIL_SIGN_AT", control.fail_sign_in);
  Read("HOLDFAST_SHIM_LOGIN_RESULT", control.login_result);
  if (const char* file = Variable("HOLDFAST_SHIM_LOG")) log_file = file;
  const char* text = Variable("HOLDFAST_SHIM_MECHANISMS");
  while (text != nullptr && *text != '\0') {
    char* end = nullptr;
    offered.insert(strtoul(text, &end, 0));
    text = *end == ',' ? end + 1 : nullptr;
  }
}

void Log(const char* function) {
  if (log_file.empty()) return;
  int fd = open(log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  std::string line = std::string(function) + "\n";
  if (fd < 0 || write(fd, line.data(), line.size()) < 0) abort();
  close(fd);
}

bool Gone() {
  if (control.removed) dead = true;
  return dead;
}

bool Offers(CK_MECHANISM_TYPE type) {
  return offered.empty() || offered.count(type) != 0;
}

CK_RV Initialize(void* args) {
  Log("C_Initialize");
  control.initialized++;
  auto* given = static_cast<CK_C_INITIALIZE_ARGS*>(args);
  control.os_locking = given != nullptr && (given->flags & CKF_OS_LOCKING_OK) != 0;
  return real->C_Initialize(args);
}

CK_RV Finalize(void* reserved) {
  Log("C_Finalize");
  control.finalized++;
  control.sessions = 0;
  dead = false;
  return real->C_Finalize(reserved);
}

CK_RV GetSlotList(CK_BBOOL present, CK_SLOT_ID* slots, CK_ULONG* count) {
  return Gone() ? CKR_DEVICE_ERROR : real->C_GetSlotList(present, slots, count);
}

CK_RV GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  if (Gone()) return CKR_DEVICE_ERROR;
  CK_RV rv = real->C_GetTokenInfo(slot, info);
  if (control.pin_count_low) info->flags |= CKF_USER_PIN_COUNT_LOW;
  return rv;
}

CK_RV GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE* types, CK_ULONG* count) {
  if (Gone()) return CKR_DEVICE_ERROR;
  if (offered.empty()) return real->C_GetMechanismList(slot, types, count);
  if (types != nullptr) std::copy(offered.begin(), offered.end(), types);
  *count = offered.size();
  return CKR_OK;
}

CK_RV GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  return Offers(type) ? real->C_GetMechanismInfo(slot, type, info) : CKR_MECHANISM_INVALID;
}

CK_RV OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void* data, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  Log("C_OpenSession");
  if (Gone()) return CKR_DEVICE_ERROR;
  if (control.session_limit != 0 && control.sessions >= control.session_limit) return CKR_SESSION_COUNT;
  CK_RV rv = real->C_OpenSession(slot, flags, data, notify, session);
  if (rv != CKR_OK) return rv;
  control.opened++;
  control.most_sessions = std::max(control.most_sessions.load(), ++control.sessions);
  return rv;
}

CK_RV CloseSession(CK_SESSION_HANDLE session) {
  control.sessions--;
  return real->C_CloseSession(session);
}

// A dead device keeps saying that the session is well: as SoftHSM does.
CK_RV Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char* pin, CK_ULONG size) {
  Log("C_Login");
  control.logins++;
  if (Gone()) return CKR_GENERAL_ERROR;
  if (control.login_result != 0) return control.login_result;
  return real->C_Login(session, user, pin, size);
}

CK_OBJECT_CLASS ClassOf(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  CK_OBJECT_CLASS value = 0;
  CK_ATTRIBUTE attribute{CKA_CLASS, &value, sizeof value};
  real->C_GetAttributeValue(session, object, &attribute, 1);
  return value;
}

bool Hides(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  if (type == CKA_LABEL) return control.hide_labels;
  bool is_public = type == CKA_EC_POINT || type == CKA_MODULUS || type == CKA_PUBLIC_EXPONENT;
  if (!is_public || !(control.hide_public_keys || control.hide_public_attributes)) return false;
  return ClassOf(session, object) == CKO_PRIVATE_KEY;
}

void Unwrap(CK_ATTRIBUTE& point) {
  if (point.ulValueLen < 3 || point.ulValueLen == static_cast<CK_ULONG>(-1)) return;
  point.ulValueLen -= 2;
  auto* octets = static_cast<unsigned char*>(point.pValue);
  if (octets != nullptr) memmove(octets, octets + 2, point.ulValueLen);
}

CK_RV GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes,
                        CK_ULONG count) {
  if (Gone()) return CKR_OBJECT_HANDLE_INVALID;
  std::vector<CK_ATTRIBUTE> with_room(attributes, attributes + count);
  std::vector<unsigned char> room(64 * 1024);
  if (count == 1 && Hides(session, object, attributes[0].type)) return CKR_ATTRIBUTE_TYPE_INVALID;
  if (count == 1 && control.always_authenticate && attributes[0].type == CKA_ALWAYS_AUTHENTICATE) {
    attributes[0].ulValueLen = 1;
    if (attributes[0].pValue != nullptr) *static_cast<unsigned char*>(attributes[0].pValue) = CK_TRUE;
    return CKR_OK;
  }
  bool bare = count == 1 && control.bare_ec_points && attributes[0].type == CKA_EC_POINT;
  if (!bare) return real->C_GetAttributeValue(session, object, attributes, count);
  CK_ATTRIBUTE point{CKA_EC_POINT, room.data(), room.size()};
  CK_RV rv = real->C_GetAttributeValue(session, object, &point, 1);
  if (rv != CKR_OK) return rv;
  Unwrap(point);
  if (attributes[0].pValue != nullptr) memcpy(attributes[0].pValue, room.data(), point.ulValueLen);
  attributes[0].ulValueLen = point.ulValueLen;
  return CKR_OK;
}

// A search by what the module does not have finds nothing: a label that no object has.
CK_RV FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  if (Gone()) return CKR_DEVICE_ERROR;
  std::vector<CK_ATTRIBUTE> wanted(attributes, attributes + count);
  bool nothing = false;
  for (const CK_ATTRIBUTE& each : wanted) {
    if (each.type == CKA_LABEL && control.hide_labels) nothing = true;
    if (each.type == CKA_CLASS && control.hide_public_keys &&
        *static_cast<CK_OBJECT_CLASS*>(each.pValue) == CKO_PUBLIC_KEY)
      nothing = true;
  }
  static char no_such_label[] = "no object has this label";
  if (nothing) wanted.push_back({CKA_LABEL, no_such_label, sizeof no_such_label});
  return real->C_FindObjectsInit(session, wanted.data(), wanted.size());
}

CK_RV SignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (Gone()) return CKR_OBJECT_HANDLE_INVALID;
  if (!Offers(mechanism->mechanism)) return CKR_MECHANISM_INVALID;
  const char* logout = getenv("HOLDFAST_SHIM_LOGOUT");
  if (logout != nullptr && unlink(logout) == 0) control.logout_before_sign = true;
  if (control.logout_before_sign.exchange(false)) real->C_Logout(session);
  if (control.close_all_before_sign.exchange(false)) {
    CK_SESSION_INFO info;
    if (real->C_GetSessionInfo(session, &info) == CKR_OK) real->C_CloseAllSessions(info.slotID);
    control.sessions = 0;
  }
  return real->C_SignInit(session, mechanism, key);
}

CK_RV Sign(CK_SESSION_HANDLE session, unsigned char* data, CK_ULONG size, unsigned char* signature,
           CK_ULONG* length) {
  Log("C_Sign");
  control.signed_++;
  control.signing++;
  if (control.sign_delay_us > 0) usleep(static_cast<useconds_t>(control.sign_delay_us));
  while (control.hold_signatures) usleep(500);
  const char* hold = getenv("HOLDFAST_SHIM_HOLD");
  while (hold != nullptr && access(hold, F_OK) == 0) usleep(2000);
  control.signing--;
  if (Gone()) return CKR_GENERAL_ERROR;
  if (control.fail_sign_in > 0 && --control.fail_sign_in == 0) return CKR_FUNCTION_FAILED;
  CK_RV rv = real->C_Sign(session, data, size, signature, length);
  if (rv == CKR_OK && signature != nullptr && control.flip_signature) signature[*length - 1] ^= 0x01;
  return rv;
}

CK_RV GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* for_public,
                      CK_ULONG publics, CK_ATTRIBUTE* for_private, CK_ULONG privates,
                      CK_OBJECT_HANDLE* public_key, CK_OBJECT_HANDLE* private_key) {
  Log("C_GenerateKeyPair");
  bool usage = std::any_of(for_private, for_private + privates, [](const CK_ATTRIBUTE& each) {
    return each.type == CKA_DECRYPT || each.type == CKA_UNWRAP || each.type == CKA_DERIVE;
  });
  if (usage && control.refuse_usage_attributes) return CKR_TEMPLATE_INCONSISTENT;
  return real->C_GenerateKeyPair(session, mechanism, for_public, publics, for_private, privates, public_key,
                                 private_key);
}

bool Load() {
  const char* path = Variable("HOLDFAST_SHIM_MODULE");
  void* library = path == nullptr ? nullptr : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  auto get = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  if (get == nullptr || get(&real) != CKR_OK) return false;
  ReadEnvironment();
  list = *real;
  list.C_Initialize = Initialize;
  list.C_Finalize = Finalize;
  list.C_GetSlotList = GetSlotList;
  list.C_GetTokenInfo = GetTokenInfo;
  list.C_GetMechanismList = GetMechanismList;
  list.C_GetMechanismInfo = GetMechanismInfo;
  list.C_OpenSession = OpenSession;
  list.C_CloseSession = CloseSession;
  list.C_Login = Login;
  list.C_GetAttributeValue = GetAttributeValue;
  list.C_FindObjectsInit = FindObjectsInit;
  list.C_SignInit = SignInit;
  list.C_Sign = Sign;
  list.C_GenerateKeyPair = GenerateKeyPair;
  return true;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** functions) {
  if (real == nullptr && !Load()) return CKR_GENERAL_ERROR;
  list.C_GetFunctionList = C_GetFunctionList;
  *functions = &list;
  return CKR_OK;
}

extern "C" __attribute__((visibility("default"))) ShimControl* holdfast_shim_control() {
  return &control;
}
