// SPDX-License-Identifier: MIT
#include "cli/choices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <utility>

namespace cli {
namespace {

// CLI::IsMember tells its set only where it refuses a word: this one, which nobody types.
constexpr const char* kNoWord = "\x01";
constexpr std::string_view kBeforeSet = " not in {";

std::vector<std::string> set_in(std::string_view refusal) {
    std::vector<std::string> words;
    const size_t begin = refusal.find(kBeforeSet), end = refusal.rfind('}');
    if (begin == refusal.npos || end == refusal.npos) return words;
    std::string_view list = refusal.substr(begin + kBeforeSet.size(), end - begin - kBeforeSet.size());
    for (;;) {
        const size_t comma = list.find(',');
        words.emplace_back(list.substr(0, comma));
        if (comma == list.npos) return words;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace

CLI::Validator suggests(std::vector<std::string> words) {
    return {[words = std::move(words)](const std::string& word) {
                return word == kNoWord ? fmt::format("{}{}{}}}", word, kBeforeSet, fmt::join(words, ",")) : "";
            },
            ""};
}

std::vector<std::string> choices_of(CLI::Option& option) {
    for (int i = 0;; ++i) try {
            const CLI::Validator& check = *option.get_validator(i);
            if (auto words = set_in(check(std::string(kNoWord))); !words.empty()) return words;
        } catch (const CLI::OptionNotFound&) {  // that was the last
            return {};
        } catch (const std::exception&) {  // it takes numbers, or the like
            continue;
        }
}

}  // namespace cli
