// SPDX-License-Identifier: MIT
#include "server/fork_guard.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>

namespace server {
namespace {

// Read in a child without a lock: whoever held it is not there. `fd` is set last.
struct Guarded {
    std::atomic<int> fd = -1;
    std::atomic<dev_t> device = 0;
    std::atomic<ino_t> inode = 0;
};
std::array<Guarded, 16> guarded;

extern "C" void close_guarded() {
    for (const Guarded& g : guarded) {
        struct stat st {};
        if (const int fd = g.fd; fd >= 0 && ::fstat(fd, &st) == 0 && st.st_dev == g.device && st.st_ino == g.inode)
            ::close(fd);
    }
}

// The place that this number has, or else a free one.
Guarded* place_for(int fd) {
    for (const int wanted : {fd, -1})
        for (Guarded& g : guarded)
            if (g.fd == wanted) return &g;
    return nullptr;
}

}  // namespace

void close_in_children(int fd) {
    static std::mutex mutex;
    static const int installed = ::pthread_atfork(nullptr, nullptr, close_guarded);
    struct stat st {};
    const std::lock_guard lock(mutex);
    Guarded* const g = place_for(fd);
    if (installed != 0 || g == nullptr || ::fstat(fd, &st) != 0) return;
    g->fd = -1;
    g->device = st.st_dev;
    g->inode = st.st_ino;
    g->fd = fd;
}

}  // namespace server
