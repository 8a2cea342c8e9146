// SPDX-License-Identifier: MIT
#include "wire/shared_channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace wire {
namespace {

constexpr size_t kDescriptors = 5;  // the memory, and the bells of both rings

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::system_category(), doing); }

// A message of one byte with descriptors.
struct DescriptorMessage {
    char byte = 0;
    iovec bytes{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptors * sizeof(int))> control{};
    msghdr header{};

    DescriptorMessage() {
        header.msg_iov = &bytes;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
};

}  // namespace

SharedChannel::SharedChannel() : SharedChannel(made(), true) {}

SharedChannel::SharedChannel(int socket) : SharedChannel(received(socket), false) {}

SharedChannel::SharedChannel(Parts parts, bool made)
    : parts_(std::move(parts)),
      in_(made ? parts_.of_other : parts_.of_maker),
      out_(made ? parts_.of_maker : parts_.of_other),
      reader_(made ? parts_.rings->of_other : parts_.rings->of_maker, in_),
      writer_(made ? parts_.rings->of_maker : parts_.rings->of_other, out_) {}

SharedChannel::Parts SharedChannel::made() {
    Parts parts;
    parts.memory.reset(::memfd_create("udf-host channel", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!parts.memory || ::ftruncate(parts.memory.get(), sizeof(Rings)) != 0) fail("making shared memory");
    // A worker gone mad must not take it away under us.
    if (::fcntl(parts.memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        fail("sealing shared memory");
    parts.rings = mapped(parts.memory);
    parts.of_maker.writable.raise();
    parts.of_other.writable.raise();
    return parts;
}

std::shared_ptr<SharedChannel::Rings> SharedChannel::mapped(const unique_fd& memory) {
    void* const bytes = ::mmap(nullptr, sizeof(Rings), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (bytes == MAP_FAILED) fail("mapping shared memory");
    // What a plugin forks has no business here.
    ::madvise(bytes, offsetof(Rings, beside), MADV_DONTFORK);
    return {static_cast<Rings*>(bytes), [](Rings* rings) { ::munmap(rings, sizeof(Rings)); }};
}

void SharedChannel::send(int socket) const {
    const std::array descriptors{parts_.memory.get(), parts_.of_maker.readable.fd(), parts_.of_maker.writable.fd(),
                                 parts_.of_other.readable.fd(), parts_.of_other.writable.fd()};
    static_assert(descriptors.size() == kDescriptors);
    DescriptorMessage message;
    cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(control), descriptors.data(), sizeof descriptors);
    if (::sendmsg(socket, &message.header, MSG_NOSIGNAL) != 1) fail("handing over shared memory");
}

SharedChannel::Parts SharedChannel::received(int socket) {
    DescriptorMessage message;
    ssize_t size;
    while ((size = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    const cmsghdr* const control = size == 1 ? CMSG_FIRSTHDR(&message.header) : nullptr;
    std::array<int, kDescriptors> descriptors{};
    if (control == nullptr || control->cmsg_len != CMSG_LEN(sizeof descriptors)) {
        if (size >= 0) errno = ENOMSG;
        fail("receiving shared memory");
    }
    std::memcpy(descriptors.data(), CMSG_DATA(control), sizeof descriptors);
    const auto bells = [&](size_t first) {
        return RingBells{Bell(unique_fd(descriptors[first])), Bell(unique_fd(descriptors[first + 1]))};
    };
    Parts parts{unique_fd(descriptors[0]), nullptr, bells(1), bells(3)};
    parts.rings = mapped(parts.memory);
    parts.memory.reset();
    return parts;
}

pollfd SharedChannel::when_readable(bool wanted) const noexcept { return {wanted ? in_.readable.fd() : -1, POLLIN, 0}; }

pollfd SharedChannel::when_writable(bool wanted) const noexcept {
    return {wanted ? out_.writable.fd() : -1, POLLIN, 0};
}

}  // namespace wire
