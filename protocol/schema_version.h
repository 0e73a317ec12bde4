// The "schema" member of our JSON: "MAJOR.MINOR". Another major means that a reader of this one would
// misunderstand the text, so it is refused. A newer minor only adds members.
//
// What happens to members that this program does not know:
//   license terms   refused in a minor that we know, ignored in a newer one: a license issued by a newer vendor
//                   works with an older agent. So a minor never adds a restriction that must not be ignored.
//   all others      refused always: a product file is typed by people, and whoever answers a request must have
//                   understood all of it.
#pragma once

#include "protocol/result.h"

namespace holdfast {

class JsonObject;

struct SchemaVersion {
  int major = 1, minor = 0;
};

// `context` names the kind of text: check "<context>.schema", kMalformed when it is no version, kRefused when
// the major is not `major`.
Result<SchemaVersion> ParseSchemaVersion(std::string_view text, int major, std::string_view context);
// The same of the required member "schema", to be called before the other members are read.
Result<SchemaVersion> ReadSchemaVersion(JsonObject& object, int major, std::string_view context);

}  // namespace holdfast
