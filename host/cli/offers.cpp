// SPDX-License-Identifier: MIT
#include "cli/offers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "log/log.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string summary(const ordered_json& algorithms) {
    std::vector<std::string> names;
    for (const auto& algorithm : algorithms)
        names.push_back(
            fmt::format("{} {}", algorithm["name"].get<std::string>(), algorithm["version"].get<std::string>()));
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

PluginVersion::PluginVersion(fs::path file)
    : file_(std::move(file)),
      opened_(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
      state_(plugin::FileState::of(opened_.get())) {}

std::string PluginVersion::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), opened_.get()); }

Offers::Offers(const std::vector<fs::path>& directories, plugin::Directory::Times times, Prober prober)
    : prober_(std::move(prober)) {
    for (const fs::path& directory : directories)
        directories_.push_back(std::make_unique<plugin::Directory>(directory, times));
}

std::vector<int> Offers::fds() const {
    std::vector<int> fds;
    for (const auto& directory : directories_)
        if (directory->fd() >= 0) fds.push_back(directory->fd());
    if (survey_ && survey_->fd() >= 0) fds.push_back(survey_->fd());
    return fds;
}

Offers::Clock::time_point Offers::next_look() const {
    Clock::time_point next = survey_ ? survey_->silent_at() : Clock::time_point::max();
    for (const auto& directory : directories_) next = std::min(next, directory->next_look());
    return next;
}

bool Offers::look(Clock::time_point now) {
    look_at_directories(now);
    take_answers();
    if (!std::exchange(changed_, false)) return false;
    sort_out();
    return true;
}

void Offers::look_at_directories(Clock::time_point now) {
    for (size_t i = 0; i < directories_.size(); ++i) {
        plugin::Directory& directory = *directories_[i];
        pollfd told{directory.fd(), POLLIN, 0};
        if (now < directory.next_look() && ::poll(&told, 1, 0) != 1) continue;
        const std::string problem = directory.problem();
        for (auto& [file, gone] : directory.look(now)) {
            const Place place{i, file};
            if (!gone) {
                waiting_.insert(place);
                continue;
            }
            waiting_.erase(place);
            for (auto& [asked, version] : asked_)
                if (asked == place) version = nullptr;
            if (plugins_.erase(place) == 0) continue;
            logging::info("a plugin is gone", {{"plugin", file.native()}});
            changed_ = true;
        }
        if (directory.problem() != problem) {
            changed_ = true;
            if (!directory.problem().empty())
                logging::error("a directory of plugins is not served", {{"cause", directory.problem()}});
        }
    }
    looked_ = true;
}

void Offers::take_answers() {
    while (survey_ || !waiting_.empty()) {
        if (!survey_) {
            std::vector<fs::path> files;
            for (const Place& place : waiting_) {
                asked_.emplace_back(place, std::make_shared<PluginVersion>(place.second));
                files.push_back(place.second);
            }
            waiting_.clear();
            survey_.emplace(std::move(files), prober_);
        }
        while (auto answer = survey_->take()) {
            const auto [place, version] = std::move(asked_.front());
            asked_.pop_front();
            take(place, version, answer->probe);
        }
        if (!survey_->over()) return;
        survey_.reset();
    }
}

void Offers::take(const Place& place, const Version& asked, const Probe& probe) {
    if (!asked || waiting_.contains(place)) return;  // it is gone since, or has changed, and is asked again
    if (probe.problem.empty() && !asked->is_current()) {
        waiting_.insert(place);  // what was asked may have been another one than what is held open
        return;
    }
    Plugin& plugin = plugins_[place];
    changed_ = true;
    if (probe.problem.empty()) {
        logging::info("a plugin is there", {{"plugin", place.second.native()}, {"offers", summary(probe.algorithms)}});
        plugin = {asked, probe.algorithms, {}};
        return;
    }
    // One that was renamed into the place of a good one leaves that as it was; one that was written over it does not.
    if (plugin.version && !plugin.version->is_unchanged()) plugin.version = nullptr;
    if (std::exchange(plugin.problem, probe.problem) != probe.problem)
        logging::error(plugin.version ? "a plugin is refused, the version before it goes on" : "a plugin is refused",
                       {{"plugin", place.second.native()}, {"cause", probe.problem}});
}

// As in plugin::list(): by a file of the same name in an earlier directory.
bool Offers::is_hidden(const Place& place) const {
    return std::ranges::any_of(plugins_, [&](const auto& entry) {
        const Place& other = entry.first;
        return other.first < place.first && other.second.filename() == place.second.filename();
    });
}

void Offers::sort_out() {
    std::vector<Asked> files;
    std::map<fs::path, const Plugin*> by_file;
    for (const auto& [place, plugin] : plugins_) {
        if (!plugin.version || is_hidden(place)) continue;
        by_file[place.second] = &plugin;
        files.push_back({place.second, {plugin.algorithms, {}}});
    }
    Incumbents incumbents;
    for (const auto& [name, offer] : algorithms_) incumbents.emplace(name, offer.version->file());
    const Catalogue found = catalogue(files, incumbents);

    const std::vector<std::string> before = std::exchange(refusals_, {});
    for (const auto& directory : directories_)
        if (!directory->problem().empty()) refusals_.push_back(directory->problem());
    for (const auto& [place, plugin] : plugins_)
        if (!plugin.problem.empty() && !is_hidden(place)) refusals_.push_back(plugin.problem);
    for (const Catalogue::Refusal& refusal : found.refused) {
        if (std::ranges::find(before, refusal.reason) == before.end())
            logging::error("an algorithm is refused", {{"cause", refusal.reason}});
        refusals_.push_back(refusal.reason);
    }
    algorithms_.clear();
    for (const auto& [name, offer] : found.algorithms)
        algorithms_[name] = {by_file.at(offer.file)->version, offer.description};
}

void Offers::ask_refused_again() {
    for (const auto& [place, plugin] : plugins_)
        if (!plugin.problem.empty()) waiting_.insert(place);
}

}  // namespace cli
