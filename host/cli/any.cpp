// SPDX-License-Identifier: MIT
#include "cli/any.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "agent/options.h"
#include "agent/universal.h"
#include "plugin/load.h"
#include "plugin/table.h"
#include "text/near_name.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using kapacitor::udf::InitRequest;

constexpr std::chrono::milliseconds kLongestSurvey{20'000};  // all of it has to be over before a load is taken to hang

const char* plural(const std::string& edge) { return edge == "batch" ? "batches" : "streams"; }

// It comes from a task: no part of a path may be made of it.
bool is_name(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

std::optional<fs::path> plugin_named_as(const std::string& name, const plugin::SearchPath& path) {
    if (!is_name(name)) return std::nullopt;
    for (const fs::path& directory : path) {
        std::error_code error;
        if (fs::path file = directory / (name + ".so"); fs::exists(file, error)) return file;
    }
    return std::nullopt;
}

// What is offered, as far as it has been heard of.
class Heard {
public:
    explicit Heard(const Any& any)
        : any_(any), wants_(plugin::edge_name(any.wants)), provides_(plugin::edge_name(any.provides)) {}

    // Whether there is one of that name, with edges that fit.
    bool add(const Survey::Answer& answer, const std::string& name) {
        bool found = false;
        if (!answer.probe.problem.empty()) ++broken_;
        for (const auto& algorithm : answer.probe.algorithms) {
            const std::string its_name = algorithm["name"], wants = algorithm["wants"], gives = algorithm["provides"];
            const bool fits = wants == wants_ && gives == provides_;
            all_.insert(its_name);
            if (fits) fitting_.insert(its_name);
            if (its_name != name) continue;
            found |= fits;
            misfit_ = fmt::format("takes {} and gives {}", plural(wants), plural(gives));
        }
        return found;
    }

    std::string why_none(const std::string& name) const {
        const std::string function = fmt::format("this function is {} to {}, for: ", wants_, provides_);
        const std::string there_are = function + (fitting_.empty() ? "none that there is" : join(fitting_));
        const std::string others = broken_ == 0 ? "" : fmt::format("; {} broken, see udf-host list", files(broken_));
        if (name.empty())
            return fmt::format("a task says which algorithm: .algorithm('NAME'); {}{}", there_are, others);
        if (!misfit_.empty()) return fmt::format("algorithm '{}' {}; {}", name, misfit_, there_are);
        return fmt::format("there is no algorithm '{}' in {}; {}{}{}", name, plugin::describe(any_.path), there_are,
                           others, text::did_you_mean(name, {all_.begin(), all_.end()}));
    }

private:
    static std::string join(const std::set<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }
    static std::string files(size_t count) { return count == 1 ? "1 file is" : fmt::format("{} files are", count); }

    const Any& any_;
    const std::string wants_, provides_;
    std::set<std::string> all_, fitting_;
    std::string misfit_;  // what there is of that name is not for this function
    size_t broken_ = 0;
};

// The file that has it, once that has been found.
std::optional<fs::path> look_for(const std::string& name, const Any& any, Heard& heard) {
    const auto until = Survey::Clock::now() + kLongestSurvey;
    Survey survey(plugin::list(any.path), any.prober);
    while (const auto answer = survey.next(until))
        if (heard.add(*answer, name)) return answer->file;
    return std::nullopt;
}

// As its own function would be asked; nothing where the plugin has none that fits.
std::optional<agent::Choice> choice_of(const plugin::Plugin& plugin, const std::string& name, const Any& any,
                                       const InitRequest& request) {
    const auto kept = std::make_shared<const plugin::Plugin>(plugin);
    for (const udf_algorithm& algorithm : kept->algorithms())
        if (algorithm.name == name && algorithm.wants == any.wants && algorithm.provides == any.provides)
            return agent::Choice{.algorithm = {kept, &algorithm},
                                 .plugin = kept->file().filename(),
                                 .request = agent::request_for(algorithm, request)};
    return std::nullopt;
}

}  // namespace

agent::Choice choose(const Any& any, const InitRequest& request) {
    const std::string name = agent::wanted_algorithm(request);
    const std::optional<fs::path> by_name = plugin_named_as(name, any.path);
    if (!any.kept.empty()) {
        const plugin::Plugin kept = plugin::load(by_name.value_or(fs::path(name + ".so")), any.kept);
        if (auto choice = choice_of(kept, name, any, request)) return *choice;
    }
    std::string refused;
    if (by_name) try {
            if (auto choice = choice_of(plugin::load(*by_name), name, any, request)) return *choice;
        } catch (const plugin::Refused& e) {
            refused = e.what();  // another may have it as well
        }
    Heard heard(any);
    if (const auto file = look_for(name, any, heard))
        if (auto choice = choice_of(plugin::load(*file), name, any, request)) return *choice;
    throw std::runtime_error(refused.empty() ? heard.why_none(name) : refused);
}

std::optional<fs::path> plugin_named_in(const InitRequest& request, const plugin::SearchPath& path) {
    try {
        return plugin_named_as(agent::wanted_algorithm(request), path);
    } catch (const agent::BadOptions&) {  // the agent will say so
        return std::nullopt;
    }
}

}  // namespace cli
