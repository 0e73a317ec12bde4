// A PKCS#11 module between the program and a real module, for faults that no real module shows on demand. It
// is built as bin/pkcs11_shim.so (testing::ShimModule) and loads the module that HOLDFAST_SHIM_MODULE names.
//
// In the same process a test switches faults while the module runs: Control(). For another process (daemon,
// benchmark) the environment sets them when the shim is loaded:
//   HOLDFAST_SHIM_SIGN_DELAY_US=5000     HOLDFAST_SHIM_MECHANISMS=0x1041,0x1 (CKM_ECDSA, CKM_RSA_PKCS)
//   HOLDFAST_SHIM_FLIP=1                 HOLDFAST_SHIM_FAIL_SIGN_AT=3 (the third C_Sign from now, once)
//   HOLDFAST_SHIM_LOGIN_RESULT=0xa0 (CKR_PIN_INCORRECT)
//   HOLDFAST_SHIM_LOGOUT=FILE            logs out before a C_Sign and removes the file, whenever it is there
//   HOLDFAST_SHIM_HOLD=FILE              C_Sign waits while the file is there
//   HOLDFAST_SHIM_LOG=FILE               appends a line with the function's name for each call of
//   C_Initialize, C_Finalize,
//                                        C_OpenSession, C_Login, C_GenerateKeyPair, C_Sign
#pragma once

#include <atomic>

namespace holdfast::testing {

struct ShimControl {
  // Faults. Zero or false: none.
  std::atomic<int> sign_delay_us{0};
  std::atomic<bool> hold_signatures{false};  // C_Sign waits while it is set
  std::atomic<bool> flip_signature{false};   // one bit in every signature
  std::atomic<int> fail_sign_in{0};  // 1: the next C_Sign fails once; the operation stays active, as in life
  std::atomic<unsigned long> login_result{0};
  std::atomic<bool> close_all_before_sign{false};  // once
  std::atomic<bool> logout_before_sign{false};     // once
  std::atomic<bool> removed{false};                // every call fails; afterwards too, until C_Finalize
  std::atomic<int> session_limit{0};
  std::atomic<bool> hide_labels{false};       // a module without CKA_LABEL
  std::atomic<bool> hide_public_keys{false};  // private keys without public attributes, no public key objects
  std::atomic<bool> hide_public_attributes{false};  // the former only
  std::atomic<bool> bare_ec_points{false};          // CKA_EC_POINT without OCTET STRING
  std::atomic<bool> always_authenticate{false};
  std::atomic<bool> refuse_usage_attributes{
      false};                              // C_GenerateKeyPair knows no CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE
  std::atomic<bool> pin_count_low{false};  // token flag

  // Counts and observations.
  std::atomic<int> initialized{0}, finalized{0}, opened{0}, logins{0}, signed_{0};
  std::atomic<int> sessions{0}, most_sessions{0};  // open now; the most at once
  std::atomic<int> signing{0};                     // inside C_Sign now
  std::atomic<bool> os_locking{false};             // CKF_OS_LOCKING_OK was passed
};

// The loaded shim's. The test program keeps the shim loaded by this.
ShimControl& Control();

}  // namespace holdfast::testing
