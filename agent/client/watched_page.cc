#include "agent/client/watched_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace holdfast::client {
namespace {

auto NoPage(std::string what) {
  return Failed(HOLDFAST_AGENT_INVALID, "watch.page", "the agent's watch page " + std::move(what));
}

}  // namespace

Outcome<std::shared_ptr<const WatchedPage>> WatchedPage::Map(const Descriptor& memfd) {
  if (!memfd.valid()) return NoPage("did not come");
  const int seals = ::fcntl(memfd.get(), F_GET_SEALS);
  struct stat info {};
  if (seals < 0 || (seals & local::kWatchSeals) != local::kWatchSeals || ::fstat(memfd.get(), &info) != 0 ||
      info.st_size != static_cast<off_t>(local::kWatchPageSize))
    return NoPage("is not sealed, or not one page");
  void* mapping = ::mmap(nullptr, local::kWatchPageSize, PROT_READ, MAP_SHARED, memfd.get(), 0);
  if (mapping == MAP_FAILED)
    return Failed(HOLDFAST_SYSTEM, "host.memory", "the agent's watch page cannot be mapped");
  const std::shared_ptr<WatchedPage> page(new WatchedPage(mapping));
  auto read = local::ReadWatchPage(mapping);
  if (!read) return Failed(HOLDFAST_AGENT_INVALID, std::move(read.error()));
  page->page_ = *read;
  return page;
}

WatchedPage::~WatchedPage() {
  ::munmap(mapping_, local::kWatchPageSize);
}

}  // namespace holdfast::client
