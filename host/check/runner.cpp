// SPDX-License-Identifier: MIT
#include "check/runner.h"

#include <poll.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "check/one_child.h"

namespace check {
namespace {

struct Job {
    const Check* check;
    std::string algorithm;
    size_t way;
};

// Sleeps until one of the children has something to say, or is late.
void wait_for_any(const std::vector<std::unique_ptr<OneChild>>& children) {
    constexpr std::chrono::milliseconds kAtMost(20);  // an end is not told by a descriptor that a grandchild holds open
    std::vector<pollfd> inputs;
    for (const auto& child : children)
        for (const int fd : {child->notes_fd(), child->errors_fd()})
            if (fd >= 0) inputs.push_back({fd, POLLIN, 0});
    ::poll(inputs.data(), inputs.size(), inputs.empty() ? 1 : static_cast<int>(kAtMost.count()));
}

class Run {
public:
    explicit Run(const Request& request) : request_(request) {}

    Report all() {
        const auto files = do_jobs(jobs(Stage::file), processors());
        const auto loads = std::ranges::find_if(files, [](const auto& r) { return r.check->of_file == nullptr; });
        const bool loaded = loads->status != Status::fail;
        keep(files);
        choose_algorithms(loaded);
        for (const Stage stage : {Stage::create, Stage::lifecycle, Stage::rest, Stage::alone})
            keep(do_jobs(jobs(stage), stage == Stage::alone ? 1 : processors()));
        in_order();
        return std::move(report_);
    }

private:
    struct Algorithm {
        std::string name;
        std::vector<std::string> checks;  // that are for it
        size_t way = 0;
        std::string stopped_by = {};  // the check without which others are pointless
    };

    static size_t processors() { return std::max(1u, std::thread::hardware_concurrency()); }

    bool is_wanted(const Check& check) const {
        return request_.only.empty() || std::ranges::find(request_.only, check.name) != request_.only.end();
    }
    // The others rest on these, wanted or not.
    static bool is_gate(const Check& check) {
        return check.of_file == nullptr &&
               (check.of_algorithm == nullptr || check.of_algorithm == &create || check.stage == Stage::lifecycle);
    }

    void choose_algorithms(bool loaded) {
        if (!loaded) return;
        for (const auto& each : answers_["algorithms"]) {
            const std::string name = each["name"];
            known_ += (known_.empty() ? "" : ", ") + name;
            if (request_.algorithm.empty() || request_.algorithm == name)
                algorithms_.push_back({name, each["checks"].get<std::vector<std::string>>()});
        }
        if (algorithms_.empty())
            throw BadRequest(
                fmt::format("{} has no algorithm '{}' but {}", request_.file.string(), request_.algorithm, known_));
        for (const Algorithm& each : algorithms_) report_.algorithms.push_back(each.name);
    }

    std::vector<Job> jobs(Stage stage) {
        std::vector<Job> all;
        for (const Check& check : checks()) {
            if (check.stage != stage || !(is_wanted(check) || is_gate(check))) continue;
            if (stage == Stage::file) all.push_back({&check, "", 0});
            for (const Algorithm& algorithm : algorithms_) {
                if (std::ranges::find(algorithm.checks, check.name) == algorithm.checks.end()) continue;
                if (algorithm.stopped_by.empty())
                    all.push_back({&check, algorithm.name, algorithm.way});
                else if (is_wanted(check))
                    report_.results.push_back(
                        {.check = &check,
                         .algorithm = algorithm.name,
                         .status = Status::skip,
                         .findings = {{Status::skip, fmt::format("not tried, because of {}", algorithm.stopped_by)}},
                         .stopped = true});
            }
        }
        return all;
    }

    std::vector<Result> do_jobs(const std::vector<Job>& jobs, size_t at_once) {
        std::vector<Result> results;
        std::vector<std::unique_ptr<OneChild>> running;
        for (size_t next = 0; next < jobs.size() || !running.empty();) {
            for (; next < jobs.size() && running.size() < at_once; ++next)
                running.push_back(
                    std::make_unique<OneChild>(request_, *jobs[next].check, jobs[next].algorithm, jobs[next].way));
            wait_for_any(running);
            std::erase_if(running, [&](const auto& child) {
                if (!child->look()) return false;
                results.push_back(child->result());
                listen(child->answers(), results.back());
                return true;
            });
        }
        return results;
    }

    void listen(const nlohmann::json& answers, const Result& result) {
        if (answers.contains("usage")) throw BadRequest(answers.value("usage", ""));
        if (answers.contains("algorithms")) answers_ = answers;
        const auto algorithm = std::ranges::find(algorithms_, result.algorithm, &Algorithm::name);
        if (algorithm == algorithms_.end()) return;
        algorithm->way = answers.value("made", algorithm->way);
        if (is_gate(*result.check) && (result.status == Status::fail || result.status == Status::skip))
            algorithm->stopped_by = result.check->name;
    }

    // Of what was not asked for, only what is wrong is of interest.
    void keep(const std::vector<Result>& results) {
        for (const Result& result : results)
            if (is_wanted(*result.check) || result.status == Status::fail || result.status == Status::skip)
                report_.results.push_back(result);
    }

    void in_order() {
        report_.file = request_.file;
        const auto place = [&](const Result& result) {
            const auto algorithm = std::ranges::find(report_.algorithms, result.algorithm);
            return std::pair(result.algorithm.empty() ? -1 : algorithm - report_.algorithms.begin(),
                             result.check - checks().data());
        };
        std::ranges::stable_sort(report_.results, {}, place);
    }

    const Request& request_;
    Report report_;
    std::vector<Algorithm> algorithms_;
    std::string known_;
    nlohmann::json answers_;
};

}  // namespace

size_t Report::count(Status status) const {
    return static_cast<size_t>(std::ranges::count(results, status, &Result::status));
}

bool Report::good() const {
    const auto tried = [](const Result& result) { return result.status != Status::skip; };
    const auto of_algorithm = [&](const Result& result) { return !result.algorithm.empty() && !tried(result); };
    const bool nothing_tried =
        std::ranges::any_of(results, of_algorithm) && std::ranges::none_of(results, [&](const Result& r) {
            return r.check->of_algorithm != nullptr && r.check->stage > Stage::create && tried(r);
        });
    return count(Status::fail) == 0 && !nothing_tried;
}

Report run(const Request& request) { return Run(request).all(); }

}  // namespace check
