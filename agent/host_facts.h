// What a request tells about the host, so that a vendor's support can find it: host name, operating system,
// machine type. The site may leave them out.
#pragma once

#include <map>
#include <string>

namespace holdfast {

std::map<std::string, std::string> HostFacts();

}  // namespace holdfast
