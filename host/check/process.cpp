// SPDX-License-Identifier: MIT
//
// What a plugin does to the process, which it shares with the host and with handlers of others.
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "check/families.h"
#include "wire/unique_fd.h"

namespace check {
namespace {

// Keeps what is written to the standard output and the standard error while it lives.
class Captured {
public:
    Captured() {
        std::fflush(nullptr);
        for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(file_.get(), fd);
    }
    ~Captured() { end(); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    std::string end() {
        std::fflush(nullptr);
        ::dup2(output_.get(), STDOUT_FILENO);
        ::dup2(errors_.get(), STDERR_FILENO);
        std::string text(static_cast<size_t>(std::max<off_t>(0, ::lseek(file_.get(), 0, SEEK_END))), '\0');
        const ssize_t n = ::pread(file_.get(), text.data(), text.size(), 0);
        text.resize(n > 0 ? static_cast<size_t>(n) : 0);
        return text;
    }

private:
    const wire::unique_fd file_{::memfd_create("output", MFD_CLOEXEC)};
    const wire::unique_fd output_{::dup(STDOUT_FILENO)}, errors_{::dup(STDERR_FILENO)};
};

}  // namespace

void process_state(const Subject& subject) {
    const auto report = [&](const char* when) {
        const auto found = changes(subject.before_load, ProcessState::now(), !subject.elf.is_go);
        if (!found.empty()) subject.notes.fail("{} it changed {}", when, fmt::join(found, ", "));
        return found.empty();
    };
    if (!report("while it was loaded")) return;
    Handler handler(subject.algorithm, subject.options);
    handler.feed(subject.inputs.ordinary(60), 7);
    if (!report("while it worked")) return;
    handler.stop();
    handler.destroy();
    report("when it ended");
}

void log_lines(const Subject& subject) {
    constexpr size_t kPoints = 1000, kMost = 100;
    Input input = subject.inputs.ordinary(kPoints);
    const auto without_fields = [](Point& p) { p.fields = {{"other", 1.0}}; };
    for (size_t i = 0; i < input.points.size(); i += 2) without_fields(input.points[i]);
    for (Batch& batch : input.batches)
        for (size_t i = 0; i < batch.points.size(); i += 2) without_fields(batch.points[i]);
    Captured captured;
    Handler handler(subject.algorithm, subject.options);
    try {
        handler.feed(input, 10);
        handler.stop();
    } catch (const HandlerFailed&) {
        // is what another check is about
    }
    handler.destroy();
    const std::string text = captured.end();
    const auto printed = static_cast<size_t>(std::ranges::count(text, '\n'));
    if (printed + handler.logged_lines() > kMost)
        subject.notes.warn("wrote {} lines for {} points, of which half lack the fields ({} of them printed)",
                           printed + handler.logged_lines(), kPoints, printed);
}

}  // namespace check
