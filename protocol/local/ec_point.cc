#include "protocol/local/ec_point.h"

namespace holdfast::local {
namespace {

constexpr uint8_t kUncompressed = 0x04;
constexpr size_t kCoordinateSize = 32;

}  // namespace

Bytes EcPointOf(const PublicKey& key) {
  Bytes point{kUncompressed};
  Append(point, key.EcX());
  Append(point, key.EcY());
  return point;
}

Result<PublicKey> KeyOfEcPoint(ByteView point) {
  if (point.size() != kEcPointSize || point[0] != kUncompressed)
    return Malformed("key.point", "not an uncompressed point of P-256");
  return PublicKey::FromEcPoint(KeyType::kEcP256, point.subspan(1, kCoordinateSize),
                                point.subspan(1 + kCoordinateSize));
}

Bytes ReadEcPoint(JsonObject& object, std::string_view name) {
  Bytes point = object.Base64Url(name, kEcPointSize);
  if (auto key = KeyOfEcPoint(point); !key) object.Fault(name, key.error().message);
  return point;
}

}  // namespace holdfast::local
