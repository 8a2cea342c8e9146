// SPDX-License-Identifier: MIT
#include "cli/replay.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/probe.h"
#include "cli/recorded_sessions.h"
#include "client/process.h"
#include "client/replay.h"
#include "client/replay_report.h"
#include "plugin/path.h"
#include "wire/recording.h"

namespace cli {
namespace {

constexpr const char* kReplayHelp = R"(
Starts the function, gives it what Kapacitor sent in each session of a recording of `--record`, and
compares what comes out, in meaning: the order of tags and fields does not count, nor do keepalives
and the bytes of snapshots. Where the recording breaks off, more may come. Info, Init and Restore are
waited for; all else is fed as fast as it is taken, or with --speed at the pace of the recording.

The plugin runs without supervision, with the usual guard, so that a crash is seen. For anything
else, the command stands behind `--`, with its options.

Exit status: 0 the same, 1 different or the function failed, 2 the command line is wrong.

Examples:
  udf-host replay cpu.rec --plugin mine --diff
  udf-host replay cpu.rec --session 2 --plugin mine --option size=20 --speed original
  udf-host replay cpu.rec -- python3 my_udf.py
  udf-host replay any.rec -- udf-host --any --isolation none --guard strict
)";

struct ReplayOptions {
    std::string file, plugin, algorithm, plugins_dir;
    std::string speed = "full";
    std::vector<std::string> options, command;
    size_t session = 0;
    bool diff = false;

    std::vector<std::string> words() const {
        if (plugin.empty()) return command;
        std::vector<std::string> words{"/proc/self/exe", "--isolation", "none", "--plugin", plugin};
        if (!algorithm.empty()) words.insert(words.end(), {"--algorithm", algorithm});
        return words;
    }
};

// Times that of the recording; 0 = as fast as it goes, negative where the text is none.
double speed_of(const std::string& text) {
    if (text == "full") return 0;
    if (text == "original") return 1;
    double factor = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, factor);
    return parsed.ec == std::errc() && parsed.ptr == end && factor > 0 && factor < 1e9 ? factor : -1;
}

// Whether it is the same.
bool replay(const wire::Recording& recording, size_t number, const ReplayOptions& options) {
    const wire::Recording::Session& session = recording.sessions()[number - 1];
    client::Process process(options.words());
    client::Replay replay(recording, session, process, {.speed = speed_of(options.speed), .options = options.options});
    const client::Replayed replayed = replay.run();
    if (recording.sessions().size() > 1) fmt::print("session {}: ", number);
    fmt::print("{}\n", client::result_of(replayed, client::recorded_failure(recording, session)));
    if (replayed.first && options.diff) fmt::print("{}", client::describe(*replayed.first, recording, session));
    return !replayed.first && replayed.failure.empty();
}

int replay_all(ReplayOptions options) {
    const wire::Recording recording(options.file);
    warn_of_damage(recording);
    if (!options.plugin.empty()) {
        options.plugin = plugin::find(options.plugin, plugin::search_path(options.plugins_dir)).string();
        if (const Probe found = probe(options.plugin); !found.problem.empty()) throw std::runtime_error(found.problem);
    }
    bool same = true;
    try {
        for (const size_t number : sessions_meant(recording, options.file, options.session))
            same &= replay(recording, number, options);
    } catch (const client::Interrupted& e) {
        return 128 + e.signal;
    }
    return same ? 0 : 1;
}

}  // namespace

void add_replay(CLI::App& app) {
    const auto options = std::make_shared<ReplayOptions>();
    CLI::App& command =
        *app.add_subcommand("replay", "Feed a function a recorded session again, and compare what it answers");
    command.footer(kReplayHelp);
    command.add_option("file", options->file, "The recording")->type_name("FILE")->required();
    command.add_option("command", options->command, "The function's command, after --, in place of --plugin")
        ->type_name("COMMAND ARGS...");
    command.add_option("--plugin", options->plugin, "The plugin, by name or by path")
        ->type_name("NAME_OR_PATH")
        ->excludes("command");
    command.add_option("--algorithm", options->algorithm, "Which of its algorithms; not needed where it has one")
        ->type_name("NAME")
        ->needs("--plugin");
    command
        .add_option("--plugins-dir", options->plugins_dir,
                    "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    add_session(command, options->session);
    command
        .add_option("--option", options->options,
                    "An option in place of the task's own of that name, any number of times")
        ->type_name("NAME=VALUE[,VALUE]")
        ->allow_extra_args(false);
    command.add_option("--speed", options->speed, "full, original (as it was recorded), or a factor of that")
        ->type_name("SPEED")
        ->capture_default_str()
        ->check(CLI::Validator(
            [](const std::string& text) {
                return speed_of(text) < 0 ? "'" + text + "' is neither full, original nor a factor above 0"
                                          : std::string();
            },
            ""));
    command.add_flag("--diff", options->diff, "Show the first difference, and the input before it");
    command.callback([options] {
        if (options->plugin.empty() && options->command.empty())
            throw CLI::RequiredError("--plugin NAME, or a command after --,");
        if (const int status = replay_all(*options); status != 0) throw CLI::RuntimeError(status);
    });
}

}  // namespace cli
