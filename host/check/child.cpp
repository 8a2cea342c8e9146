// SPDX-License-Identifier: MIT
#include "check/child.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "agent/options.h"
#include "check/checks.h"
#include "check/made_options.h"
#include "plugin/load.h"

namespace check {
namespace {

constexpr const char* kStartedAnew = "UDF_HOST_CHECK_STARTED_ANEW";

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A plugin that was built with a sanitizer needs its runtime before all else in the process: start anew with it. One
// check looks for leaks; others do not want to hear of them when they exit.
void start_with_sanitizer(const plugin::ElfFacts& elf) {
    if (std::getenv(kStartedAnew) != nullptr) return;
    const auto runtime = std::ranges::find_if(elf.needed, [](const std::string& name) {
        return name.starts_with("libasan.so") || name.starts_with("liblsan.so") || name.starts_with("libtsan.so") ||
               name.starts_with("libclang_rt.asan") || name.starts_with("libclang_rt.tsan");
    });
    const bool is_here = ::dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes") != nullptr;
    if (runtime == elf.needed.end() && !is_here) return;
    const std::string line = bytes_of("/proc/self/cmdline");
    std::vector<std::string> words;
    for (size_t at = 0; at < line.size(); at += words.back().size() + 1) words.emplace_back(line.c_str() + at);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::setenv(kStartedAnew, "1", 1);
    if (!is_here) ::setenv("LD_PRELOAD", runtime->c_str(), 1);
    for (const char* const name : {"ASAN_OPTIONS", "LSAN_OPTIONS"}) {
        const char* const before = std::getenv(name);
        const std::string options = std::string(before != nullptr ? before : "") + ":leak_check_at_exit=0";
        ::setenv(name, options.c_str(), 1);
    }
    ::execv("/proc/self/exe", arguments.data());
}

int take_over_descriptors() {
    const int notes = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    return notes;
}

void say_algorithms(Notes& notes, const plugin::Plugin& plugin) {
    std::vector<nlohmann::json> all;
    for (const udf_algorithm& algorithm : plugin.algorithms()) {
        std::vector<std::string> meant;
        for (const Check& each : checks())
            if (each.stage != Stage::file && is_for(each, algorithm)) meant.emplace_back(each.name);
        all.push_back({{"name", algorithm.name}, {"checks", meant}});
    }
    notes.say({{"algorithms", all}});
}

// The first way to make up what is missing that create takes; says which. Where it takes none, there is nothing to try,
// which is not the plugin's fault.
bool find_way(Notes& notes, const udf_algorithm& algorithm, const Uses& given, Uses& found) {
    std::string refusal;
    for (size_t way = 0; way < kWaysToMakeUp; ++way) {
        found = completed(algorithm, given, way);
        notes.at("create with {}", text_of(found));
        try {
            Handler handler(algorithm, found);
            notes.say({{"made", way}});
            if (way >= kWithOptional) notes.warn("refuses to start with the required options alone: {}", refusal);
            return true;
        } catch (const HandlerFailed& e) {
            if (way == 0) refusal = e.what();
        }
    }
    found = completed(algorithm, given, 0);
    std::vector<std::string> missing;
    for (size_t i = given.size(); i < found.size(); ++i) missing.push_back("--option " + found[i].name() + "=...");
    if (missing.empty())
        notes.skip("cannot be tried with {}: {}; give options with --option", text_of(found), refusal);
    else
        notes.skip("cannot be tried with made-up options ({}): {}; give {}", text_of(found), refusal,
                   fmt::join(missing, " "));
    return false;
}

void run_on_algorithm(const Task& task, const Check& check, Notes& notes, const plugin::ElfFacts& elf,
                      const ProcessState& before, const plugin::Plugin& plugin) {
    const udf_algorithm& algorithm = plugin.algorithm(task.algorithm);
    Uses given;
    try {
        given = parsed(algorithm, task.options);
        agent::Options(algorithm, [&] {
            kapacitor::udf::InitRequest request;
            for (const auto& use : completed(algorithm, given, 0)) *request.add_options() = use;
            return request;
        }());
    } catch (const std::exception& e) {  // of the command line
        notes.say({{"usage", fmt::format("{}: {}", task.algorithm, e.what())}});
        return;
    }
    Uses options = completed(algorithm, given, task.way);
    if (task.check == "create" && !find_way(notes, algorithm, given, options)) return;
    check.of_algorithm(Subject{task.file, notes, elf, before, algorithm, options, given});
}

void run(const Task& task, const Check& check, const plugin::ElfFacts& elf, Notes& notes) {
    if (check.of_file != nullptr && !elf.is_elf) return notes.skip("is no file that could be looked into");
    if (check.of_file != nullptr) return check.of_file({task.file, notes, elf});
    explain_crashes(notes.fd());
    const ProcessState before = ProcessState::now();
    notes.at("loading it");
    const plugin::Plugin plugin = plugin::load(task.file);
    if (check.of_algorithm == nullptr) return say_algorithms(notes, plugin);
    notes.at("{}", check.name);
    run_on_algorithm(task, check, notes, elf, before, plugin);
}

}  // namespace

void run_in_child(const Task& task) {
    const Check* const check = find_check(task.check);
    if (check == nullptr) throw std::invalid_argument("there is no check " + task.check);
    const plugin::ElfFacts elf = plugin::elf_facts(bytes_of(task.file));
    if (check->of_file == nullptr) start_with_sanitizer(elf);
    Notes notes(take_over_descriptors());
    try {
        run(task, *check, elf, notes);
    } catch (const std::exception& e) {  // HandlerFailed, Violation, plugin::Refused
        notes.fail("{}", e.what());
    }
    // Static destructors and threads that are still there are the concern of one check.
    if (check->stage == Stage::lifecycle) notes.at("the process ends");
    notes.say({{"done", true}});
    if (check->stage == Stage::lifecycle) std::exit(kExitStatus);
    ::_exit(kExitStatus);
}

}  // namespace check
