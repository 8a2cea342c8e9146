// SPDX-License-Identifier: MIT
//
// What the plugins of some directories offer, kept up to date: files that come, change or go are noticed, asked what
// they offer by another process, and the answers are sorted out: which algorithm is whose, and what is refused and why.
// Loads nothing and waits for nothing: look() is called when one of fds() is readable, or it is time. One thread.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/catalogue.h"
#include "cli/survey.h"
#include "plugin/directory.h"
#include "wire/unique_fd.h"

namespace cli {

// A plugin's file as it was when it was found good. A rename into its place leaves it to whoever has it open, so
// workers can be made of it as long as this object lives. [any]
class PluginVersion {
public:
    // Opens it; what it is then.
    explicit PluginVersion(std::filesystem::path file);

    const std::filesystem::path& file() const noexcept { return file_; }
    // Where it can be loaded from, by another process too.
    std::string path() const;
    // Nobody has written to it, or changed its mode or owner.
    bool is_unchanged() const noexcept { return plugin::FileState::of(opened_.get()) == state_; }
    // It is what is there by its name.
    bool is_current() const noexcept { return plugin::FileState::of(file_) == state_; }

private:
    const std::filesystem::path file_;
    const wire::unique_fd opened_;
    const plugin::FileState state_;
};

class Offers {
public:
    using Clock = std::chrono::steady_clock;
    using Version = std::shared_ptr<const PluginVersion>;

    Offers(const std::vector<std::filesystem::path>& directories, plugin::Directory::Times times, Prober prober = {});

    std::vector<int> fds() const;
    Clock::time_point next_look() const;
    // Whether anything is offered, or refused, that was not, or the other way round.
    bool look(Clock::time_point now = Clock::now());

    // All that was there at the first look has been asked.
    bool settled() const noexcept { return looked_ && waiting_.empty() && !survey_; }

    struct Offer {
        Version version;
        nlohmann::ordered_json description;  // as Probe has it
    };
    const std::map<std::string, Offer>& algorithms() const noexcept { return algorithms_; }
    // Whole sentences.
    const std::vector<std::string>& refusals() const noexcept { return refusals_; }

    // Asks once more those that were refused: what they need may be there by now.
    void ask_refused_again();

private:
    struct Plugin {
        Version version;  // the last good one, if it is there still
        nlohmann::ordered_json algorithms;
        std::string problem;  // of what is there by its name now
    };
    // By directory, and in it by name: who comes first has an algorithm that two offer.
    using Place = std::pair<size_t, std::filesystem::path>;

    void look_at_directories(Clock::time_point now);
    void take_answers();
    void take(const Place& place, const Version& asked, const Probe& probe);
    void sort_out();
    bool is_hidden(const Place& place) const;

    std::vector<std::unique_ptr<plugin::Directory>> directories_;
    const Prober prober_;
    std::map<Place, Plugin> plugins_;
    std::set<Place> waiting_;                      // to be asked
    std::deque<std::pair<Place, Version>> asked_;  // by the present survey, in its order; null: gone since
    std::optional<Survey> survey_;
    std::map<std::string, Offer> algorithms_;
    std::vector<std::string> refusals_;
    bool looked_ = false, changed_ = false;
};

}  // namespace cli
