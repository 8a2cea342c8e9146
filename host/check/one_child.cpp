// SPDX-License-Identifier: MIT
#include "check/one_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <utility>

#include "process/spawn.h"
#include "text/utf8.h"

namespace check {
namespace {

constexpr size_t kKept = 8192;  // bytes of the standard error
constexpr size_t kLines = 12;   // of these that are shown

// Appends what there is to read; at the end, or where nobody can read any more, `from` is closed.
void read_all(wire::unique_fd& from, std::string& to) {
    char buffer[16384];
    while (from) {
        const ssize_t n = ::read(from.get(), buffer, sizeof buffer);
        if (n > 0) to.append(buffer, static_cast<size_t>(n));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) from.reset();
    }
}

std::vector<std::string> last_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        if (end > at) lines.push_back(text::replace_bad_utf8(std::string_view(text).substr(at, end - at)));
        at = end + 1;
    }
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("udf-host(+0x"); });  // of a stack
    if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
    return lines;
}

// The worst first, each once, and not more than anybody reads.
void tidy(std::vector<Finding>& findings) {
    constexpr size_t kMost = 8;
    std::vector<Finding> kept;
    for (Finding& each : findings)
        if (std::ranges::find(kept, each.text, &Finding::text) == kept.end()) kept.push_back(std::move(each));
    std::ranges::stable_sort(kept, std::greater(), &Finding::status);
    if (kept.size() > kMost) {
        const size_t more = kept.size() - kMost;
        kept.resize(kMost, {Status::pass, {}});
        kept.push_back({Status::pass, fmt::format("and {} more", more)});
    }
    findings = std::move(kept);
}

Status status_of(const std::string& word) {
    for (const Status status : {Status::skip, Status::warn, Status::fail})
        if (word == word_of(status)) return status;
    return Status::pass;
}

}  // namespace

OneChild::OneChild(const Request& request, const Check& check, std::string algorithm, size_t way)
    : result_{.check = &check, .algorithm = std::move(algorithm)}, timeout_(request.timeout) {
    process::Pipe notes, errors;
    const wire::unique_fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    process::Plan plan;
    plan.command = {"udf-host", "check-one",           "--way",          std::to_string(way),
                    check.name, request.file.string(), result_.algorithm};
    plan.command.insert(plan.command.end(), request.options.begin(), request.options.end());
    plan.program = request.program;
    plan.input = nothing.get();
    plan.output = notes.writing.get();
    plan.errors = errors.writing.get();
    plan.dies_with_us = true;
    child_ = process::spawn(plan);
    deadline_ = Clock::now() + timeout_;
    notes_ = std::move(notes.reading);
    errors_ = std::move(errors.reading);
    for (const int fd : {notes_.get(), errors_.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

OneChild::~OneChild() {
    if (child_ < 0) return;
    ::kill(-child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool OneChild::look() {
    if (ended_) return true;
    int status = 0;
    const bool gone = ::waitpid(child_, &status, WNOHANG) == child_;
    if (gone) status_ = status;
    read_all(notes_, notes_text_);
    read_all(errors_, errors_text_);
    if (errors_text_.size() > 2 * kKept) errors_text_.erase(0, errors_text_.size() - kKept);
    for (size_t end = notes_text_.find('\n'); end != notes_text_.npos; end = notes_text_.find('\n')) {
        hear(notes_text_.substr(0, end));
        notes_text_.erase(0, end + 1);
    }
    if (gone) {
        ::kill(-child_, SIGKILL);  // what it has left behind
        child_ = -1;
        ended_ = true;
    } else if (Clock::now() >= deadline_) {
        late_ = true;
        ::kill(-child_, SIGKILL);
        deadline_ = Clock::now() + std::chrono::seconds(1);
    }
    return ended_;
}

void OneChild::hear(const std::string& line) {
    const auto said = nlohmann::json::parse(line, nullptr, false);
    if (!said.is_object()) return;
    if (said.contains("at")) at_ = said.value("at", "");
    if (said.contains("done")) done_ = true;
    if (said.contains("status"))
        result_.findings.push_back({status_of(said.value("status", "")), said.value("text", "")});
    for (const char* const name : {"algorithms", "made", "usage"})
        if (said.contains(name)) answers_[name] = said[name];
}

// Empty where it ended as it should.
std::string OneChild::how_it_ended() const {
    const std::string when = at_.empty() ? "" : fmt::format(" (at: {})", at_);
    if (late_) return fmt::format("did not come back within {:g} s{}", timeout_.count() / 1000.0, when);
    if (!WIFEXITED(status_)) return process::failure(status_) + when;
    if (WEXITSTATUS(status_) != kExitStatus)
        return fmt::format("ended the process with exit status {}{}", WEXITSTATUS(status_), when);
    return done_ ? "" : "closed descriptors that it had not opened" + when;
}

Result OneChild::result() {
    if (const std::string how = how_it_ended(); !how.empty()) result_.findings.push_back({Status::fail, how});
    tidy(result_.findings);
    for (const Finding& finding : result_.findings) result_.status = std::max(result_.status, finding.status);
    if (result_.status == Status::fail) result_.last_lines = last_lines(errors_text_);
    return std::move(result_);
}

}  // namespace check
