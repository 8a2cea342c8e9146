// SPDX-License-Identifier: MIT
#include "cli/catalogue.h"

#include <fmt/format.h>

#include <utility>

namespace cli {
namespace {

namespace fs = std::filesystem;

struct Owner {
    fs::path file;
    const char* why;  // it has the name and no other
};

std::map<std::string, Owner> owners(const std::vector<Asked>& files, const Incumbents& incumbents) {
    std::map<std::string, Owner> result;
    for (const auto& [file, probe] : files)
        for (const auto& algorithm : probe.algorithms) {
            const std::string name = algorithm["name"];
            if (const auto incumbent = incumbents.find(name);
                incumbent != incumbents.end() && incumbent->second == file)
                result.insert_or_assign(name, Owner{file, "was there before"});
            else
                result.try_emplace(name, Owner{file, "comes first"});
        }
    return result;
}

}  // namespace

bool Catalogue::has(const std::string& algorithm, const fs::path& file) const {
    const auto found = algorithms.find(algorithm);
    return found != algorithms.end() && found->second.file == file;
}

Catalogue catalogue(const std::vector<Asked>& files, const Incumbents& incumbents) {
    const std::map<std::string, Owner> owner_of = owners(files, incumbents);
    Catalogue result;
    for (const auto& [file, probe] : files) {
        if (!probe.problem.empty()) result.refused.push_back({file, {}, probe.problem});
        for (const auto& algorithm : probe.algorithms) {
            std::string name = algorithm["name"];
            const Owner& owner = owner_of.at(name);
            if (owner.file == file) {
                result.algorithms.try_emplace(std::move(name),
                                              Catalogue::Offer{file, algorithm, probe.algorithms.size() == 1});
                continue;
            }
            std::string reason =
                fmt::format("refused algorithm {} of {}: {} has one of that name and {}; remove one of them", name,
                            file.string(), owner.file.string(), owner.why);
            result.refused.push_back({file, std::move(name), std::move(reason)});
        }
    }
    return result;
}

}  // namespace cli
