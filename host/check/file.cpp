// SPDX-License-Identifier: MIT
//
// What is seen of a plugin's file without running it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "check/families.h"

namespace check {
namespace {

using Numbers = std::vector<int>;

// "2.34" as numbers that compare.
Numbers numbers(std::string_view text) {
    Numbers result;
    for (const char* at = text.data(); at < text.data() + text.size();) {
        int number = 0;
        const auto [end, error] = std::from_chars(at, text.data() + text.size(), number);
        if (error != std::errc()) return {};
        result.push_back(number);
        at = end + 1;
    }
    return result;
}

// The first systems that have a version. What is newer than the last of `oldest_supported` does not run on all that
// udf-host itself runs on.
struct Release {
    const char* version;
    const char* systems;
};
struct Library {
    std::string_view prefix;
    const char* name;
    const char* oldest_supported;  // what Debian 12 has
    std::array<Release, 6> releases;
};
constexpr std::array<Library, 3> kLibraries{{
    {"GLIBC_",
     "glibc",
     "2.36",
     {{{"2.28", "Debian 10, Ubuntu 20.04"},
       {"2.31", "Debian 11, Ubuntu 20.04"},
       {"2.35", "Debian 12, Ubuntu 22.04"},
       {"2.36", "Debian 12, Ubuntu 24.04"},
       {"2.39", "Debian 13, Ubuntu 24.04"},
       {"2.41", "Debian 13"}}}},
    {"GLIBCXX_",
     "libstdc++",
     "3.4.30",
     {{{"3.4.25", "Debian 10, Ubuntu 20.04"},
       {"3.4.28", "Debian 11, Ubuntu 20.04"},
       {"3.4.30", "Debian 12, Ubuntu 22.04"},
       {"3.4.32", "Debian 13, Ubuntu 24.04"},
       {"3.4.33", "Debian 13, Ubuntu 24.04"},
       {}}}},
    {"CXXABI_",
     "libstdc++ (C++ ABI)",
     "1.3.13",
     {{{"1.3.11", "Debian 10, Ubuntu 20.04"},
       {"1.3.12", "Debian 11, Ubuntu 20.04"},
       {"1.3.13", "Debian 12, Ubuntu 22.04"},
       {"1.3.15", "Debian 13, Ubuntu 24.04"},
       {},
       {}}}},
}};

const char* first_systems(const Library& library, const Numbers& version) {
    for (const Release& release : library.releases)
        if (release.version != nullptr && version <= numbers(release.version)) return release.systems;
    return "newer systems than are known";
}

// What any system has, and the runtimes of sanitizers, which are for tests.
bool is_usual(std::string_view library) {
    constexpr std::array<std::string_view, 17> usual{
        "libc.so",    "libm.so",    "libstdc++.so", "libgcc_s.so", "ld-linux",    "libpthread.so",
        "libdl.so",   "librt.so",   "libresolv.so", "libutil.so",  "libasan.so",  "libubsan.so",
        "libtsan.so", "liblsan.so", "libclang_rt.", "linux-vdso",  "libatomic.so"};
    return std::ranges::any_of(usual, [&](std::string_view name) { return library.starts_with(name); });
}

std::string few(const std::vector<std::string>& all) {
    constexpr size_t kShown = 4;
    const size_t count = std::min(kShown, all.size());
    std::string text = fmt::format("{}", fmt::join(all.begin(), all.begin() + static_cast<ptrdiff_t>(count), ", "));
    return all.size() > count ? fmt::format("{} and {} more", text, all.size() - count) : text;
}

}  // namespace

void exports(const FileSubject& subject) {
    std::vector<std::string> others = subject.elf.exports;
    std::erase(others, UDF_PLUGIN_ENTRY);
    if (others.empty()) return;
    // Go's two halves find each other so: there is no other way.
    subject.notes.found(subject.elf.is_go ? Status::pass : Status::warn,
                        fmt::format("exports {} symbol{} beside {}: {}", others.size(), others.size() == 1 ? "" : "s",
                                    UDF_PLUGIN_ENTRY, few(others)));
    if (!subject.elf.unique.empty())
        subject.notes.warn("of {} a process has one only, whichever plugin brings it first", few(subject.elf.unique));
}

void systems(const FileSubject& subject) {
    for (const Library& library : kLibraries) {
        Numbers highest;
        for (const std::string& version : subject.elf.versions)
            if (version.starts_with(library.prefix))
                highest = std::max(highest, numbers(std::string_view(version).substr(library.prefix.size())));
        if (highest.empty()) continue;
        const std::string text = fmt::format("needs {} {}, which {} and newer have", library.name,
                                             fmt::join(highest, "."), first_systems(library, highest));
        const bool is_new = highest > numbers(library.oldest_supported);
        subject.notes.found(is_new ? Status::warn : Status::pass, text);
    }
}

void libraries(const FileSubject& subject) {
    std::vector<std::string> others = subject.elf.needed;
    std::erase_if(others, [](const std::string& name) { return is_usual(name); });
    if (!others.empty()) subject.notes.warn("needs {}, which not every system has", few(others));
}

void hardening(const FileSubject& subject) {
    if (subject.elf.executable_stack) subject.notes.warn("asks for a stack that code can run on");
    if (subject.elf.text_relocations) subject.notes.warn("has its code changed while it is loaded (text relocations)");
    if (!subject.elf.run_path.empty())
        subject.notes.warn("looks for its libraries in a directory of its own choice: {}", subject.elf.run_path);
}

}  // namespace check
