#include "agent/api/watch_memory.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast::api {

void WatchMemory::Unmap::operator()(local::WatchPage* page) const {
  ::munmap(page, local::kWatchPageSize);
}

// Sealed after it was mapped: this mapping stays writable, and there can be no other.
Result<WatchMemory> WatchMemory::Make(int64_t generation) {
  const auto failed = [] {
    return Fail(ErrorKind::kUnavailable, "server.system",
                "the page for watchers cannot be made: " + std::generic_category().message(errno),
                "it needs Linux 5.1 or newer (F_SEAL_FUTURE_WRITE)");
  };
  Descriptor descriptor(::memfd_create("holdfast-watch", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!descriptor.valid() || ::ftruncate(descriptor.get(), local::kWatchPageSize) != 0) return failed();
  void* memory =
      ::mmap(nullptr, local::kWatchPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (memory == MAP_FAILED) return failed();
  local::WatchPage& page = local::MakeWatchPage(memory, static_cast<uint64_t>(generation));
  WatchMemory made(std::move(descriptor), &page);
  if (::fcntl(made.descriptor_.get(), F_ADD_SEALS, local::kWatchSeals) != 0) return failed();
  return made;
}

ssize_t WatchMemory::SendWith(int socket, std::string_view text) const {
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int descriptor = descriptor_.get();
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

bool HasUnread(int socket) {
  int octets = 0;
  return ::ioctl(socket, SIOCOUTQ, &octets) == 0 && octets > 0;
}

}  // namespace holdfast::api
