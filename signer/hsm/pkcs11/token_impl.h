// The inside of Token.
#pragma once

#include "signer/hsm/pkcs11/connection.h"

namespace holdfast::hsm {

struct Token::Impl {
  std::shared_ptr<Connection> connection;
};

}  // namespace holdfast::hsm
