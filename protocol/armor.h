// PEM textual encoding (RFC 7468) around our objects. What stands before, between and after the blocks is for
// people; nothing reads it.
#pragma once

#include <vector>

#include "protocol/bytes.h"

namespace holdfast {

inline constexpr size_t kMaxFileSize = 256 * 1024;  // any file that we read from outside
inline constexpr size_t kMaxArmorBlocks = 16;

inline constexpr std::string_view kLabelCertificate = "CERTIFICATE";
inline constexpr std::string_view kLabelCrl = "X509 CRL";
inline constexpr std::string_view kLabelRequest = "HOLDFAST REQUEST";  // content: JWS, compact serialization
inline constexpr std::string_view kLabelAnswer = "HOLDFAST ANSWER";    // content: JWE, compact serialization
inline constexpr std::string_view kLabelReturn = "HOLDFAST RETURN";    // content: JSON (return_proof.h)
// content: JWS, compact serialization; the certificates of the key that signed it follow (return_nonce.h)
inline constexpr std::string_view kLabelReturnNonce = "HOLDFAST RETURN NONCE";
inline constexpr std::string_view kLabelTimeRequest =
    "HOLDFAST TIME REQUEST";                                                  // content: JSON (time_answer.h)
inline constexpr std::string_view kLabelTimeAnswer = "HOLDFAST TIME ANSWER";  // as a return nonce
inline constexpr std::string_view kLabelHeartbeat =
    "HOLDFAST HEARTBEAT";  // content: JSON (heartbeat_report.h)
// As a return nonce, and then a license file (heartbeat_answer.h).
inline constexpr std::string_view kLabelHeartbeatAnswer = "HOLDFAST HEARTBEAT ANSWER";

struct ArmorBlock {
  std::string label;
  Bytes content;
};

// One block, 64 characters a line; `content` is not empty. `preamble` is put before it; a line of it that
// begins with "-----" is indented, so that it is not taken for a block.
std::string Armor(std::string_view label, ByteView content, std::string_view preamble = {});
// All blocks in order; at least one. CRLF and LF both accepted; RFC 7468 strict form otherwise.
// Checks: armor.size, armor.empty (no block at all), armor.syntax (also base64, an empty block), armor.count.
Result<std::vector<ArmorBlock>> ParseArmor(std::string_view text);
// The blocks alone, as Armor writes them. Checks: those of ParseArmor.
Result<std::string> WithoutText(std::string_view text);

}  // namespace holdfast
