// SPDX-License-Identifier: MIT
#include "cli/kept_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cli {
namespace {

bool are_same(int one, int other) {
    struct stat a {
    }, b{};
    return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

int KeptFile::open() const { return ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

void KeptFile::worker_starts() { started_.reset(open()); }

bool KeptFile::worker_works() {
    const wire::unique_fd now(open());
    const bool is_known = are_same(started_.get(), now.get());
    if (is_known) kept_ = std::move(started_);
    return is_known;
}

std::string KeptFile::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), kept_.get()); }

}  // namespace cli
