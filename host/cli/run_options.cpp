// SPDX-License-Identifier: MIT
#include "cli/run_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/choices.h"
#include "cli/run_inputs.h"

namespace cli {
namespace {

constexpr const char* kRunHelp = R"(
Reads InfluxDB line protocol from the files, or from stdin, gives it to the algorithm as Kapacitor
would and prints what comes out. The algorithm runs in a process of its own, so that its crash is
reported. Without --plugin, any other UDF executable is run: its command line stands behind `--`.

Windows are made as by Kapacitor's |window().period(PERIOD).every(EVERY), for each group. Left out,
EVERY is PERIOD; 0s makes a window at each point. What waits in a window at the end of the input
is given to the algorithm as a last one.

A dead-letter file holds what has killed an algorithm under Kapacitor, a line each time. Its points
or batches are given to the algorithm once more, one after another, as Kapacitor sent them; the
options of the task are not in it. --window and all else about line protocol cannot be said then.

A plot has a panel for each field and in it a line for each group: the input thin, and above it what
comes out; where points of the input are passed on and others are not, they are marked with rings.
It is written at the end, also after Ctrl-C, of the first 10 million values.

Examples:
  udf-host run --plugin moving_avg --option field=usage_idle --option size=10 cpu.lp
  udf-host run --plugin outliers --option field=usage_idle --group-by cpu --window 1m cpu.lp
  tail -f cpu.lp | udf-host run --plugin mirror --output table
  udf-host run --input cpu.lp --option field=usage_idle -- python3 my_udf.py
  udf-host run --watch --plugin ./mine.so --option field=usage_idle --plot mine.html cpu.lp
  tail -n 1 dead.letters | udf-host run --plugin mine --from-dead-letter /dev/stdin
)";

constexpr const char* kOfLineProtocol[] = {"--group-by",  "--group-by-name", "--window",
                                           "--precision", "--strict",        "--input"};

}  // namespace

std::string RunOptions::name() const {
    if (!algorithm.empty()) return algorithm;
    const std::string& path = runs_plugin() ? plugin : rest.front();
    const std::string file = path.substr(path.rfind('/') + 1);
    return runs_plugin() ? file.substr(0, file.find(".so")) : file;
}

std::vector<std::string> RunOptions::command() const {
    if (!runs_plugin()) return rest;
    // Supervised, a crash would be a pause, and its cause a matter of the log.
    std::vector<std::string> command{"/proc/self/exe", "--isolation", "none", "--plugin", plugin};
    if (!algorithm.empty()) command.insert(command.end(), {"--algorithm", algorithm});
    return command;
}

std::vector<std::string> RunOptions::files() const {
    if (reads_dead_letters()) return {dead_letter_file};
    std::vector<std::string> files = input;
    if (runs_plugin()) files.insert(files.end(), rest.begin(), rest.end());
    if (files.empty()) files.emplace_back("-");
    return files;
}

void RunOptions::check(const CLI::App& command) const {
    if (!runs_plugin() && rest.empty()) throw CLI::RequiredError("--plugin NAME, or a command after --,");
    if (!runs_plugin() && ::access(rest.front().c_str(), F_OK) == 0 && ::access(rest.front().c_str(), X_OK) != 0)
        throw CLI::RequiredError(fmt::format("--plugin, to run on {},", rest.front()));
    if (!plot_path.empty() && !plot_path.ends_with(".svg") && !plot_path.ends_with(".html"))
        throw CLI::ValidationError(
            "--plot", fmt::format("'{}' ends in neither .svg nor .html, which is what can be made", plot_path));
    if (plot_path.empty() && !plot_fields.empty()) throw CLI::RequiresError("--plot-field", "--plot FILE");
    if (watch) check_watch();
    if (!reads_dead_letters()) return;
    for (const char* const word : kOfLineProtocol)
        if (command.count(word) > 0) throw CLI::ExcludesError("--from-dead-letter", word);
    if (runs_plugin() && !rest.empty()) throw CLI::ExcludesError("--from-dead-letter", rest.front());
}

void RunOptions::check_watch() const {
    if (!runs_plugin()) throw CLI::RequiresError("--watch", "--plugin");
    if (const std::string file = read_once_only(files()); !file.empty())
        throw CLI::ValidationError(
            "--watch", fmt::format("{} can be read only once, and each run reads its input: name a regular file",
                                   file == "-" ? "stdin" : file));
}

client::Feed::Settings RunOptions::feed_settings() const {
    client::Feed::Settings settings;
    try {
        settings.grouping = client::parse_grouping(group_by, group_by_name);
    } catch (const std::invalid_argument& e) {
        throw CLI::ValidationError("--group-by", e.what());
    }
    try {
        if (!window.empty()) settings.window = client::parse_window(window);
    } catch (const std::invalid_argument& e) {
        throw CLI::ValidationError("--window", e.what());
    }
    const auto unit = client::precision_unit(precision);
    if (!unit) throw CLI::ValidationError("--precision", fmt::format("'{}' is none of ns, us, ms, s, m, h", precision));
    settings.unit = *unit;
    return settings;
}

void add_run_options(CLI::App& command, RunOptions& options) {
    command.footer(kRunHelp);
    command.add_option("--plugin", options.plugin, "The plugin, by name or by path")->type_name("NAME_OR_PATH");
    command.add_option("--algorithm", options.algorithm, "Which of its algorithms; not needed where it has one")
        ->type_name("NAME");
    command
        .add_option("--plugins-dir", options.plugins_dir,
                    "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    command
        .add_option("--option", options.options,
                    "An option as in the TICKscript, any number of times; 'a,b' in quotes for a comma")
        ->type_name("NAME=VALUE[,VALUE]")
        ->allow_extra_args(false);
    command.add_option("--group-by", options.group_by, "Group by these tags, or by all: *")->type_name("TAG[,TAG]");
    command.add_flag("--group-by-name", options.group_by_name, "Group by measurement too");
    command.add_option("--window", options.window, "Make batches, for algorithms that take those")
        ->type_name("PERIOD[,EVERY]");
    command.add_option("--precision", options.precision, "The unit of timestamps: ns, us, ms, s, m or h")
        ->type_name("UNIT")
        ->check(suggests({"ns", "us", "ms", "s", "m", "h"}))
        ->capture_default_str();
    command.add_flag("--strict", options.strict, "Stop at the first bad line, with status 1; otherwise it is skipped");
    command.add_option("--output", options.output, "line (line protocol), json (one object a line) or table")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"line", "json", "table"}))
        ->capture_default_str();
    command.add_option("-o,--output-file", options.output_path, "Write to this file instead of stdout")
        ->type_name("FILE");
    command.add_option("--input", options.input, "Read this file; - is stdin")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command
        .add_option("--from-dead-letter", options.dead_letter_file,
                    "Read points or batches from this file, and no line protocol")
        ->type_name("FILE");
    command
        .add_option("--plot", options.plot_path, "Draw input and output over time: a picture (.svg) or page (.html)")
        ->type_name("FILE");
    command
        .add_option("--plot-field", options.plot_fields,
                    "Draw this field, any number of times; else those that the options name, or all with numbers")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command.add_flag("--watch", options.watch, "Run again whenever the file of the plugin changes, until Ctrl-C");
    add_record(command, options.record);
    command.add_option("FILES", options.rest, "Files to read; without --plugin, the command to run");
}

}  // namespace cli
