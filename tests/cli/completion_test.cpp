// SPDX-License-Identifier: MIT
//
// The scripts for shells, as far as the shells are there: bash always is.
#include <doctest/doctest.h>

#include <string>

#include "cli/shell_output.h"

namespace {

// What bash would offer for the words, each in <>; they are divided as it divides them.
std::string in_bash(const std::string& words) {
    return shell_output("export UDF_HOST_PLUGINS=" TEST_PLUGINS "; cd " TEST_DATA "; set -u; source <(" UDF_HOST
                        " completion bash); COMP_WORDS=(udf-host " +
                        words +
                        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _udf_host " UDF_HOST
                        "; printf '<%s>' \"${COMPREPLY[@]}\"")
        .text;
}

bool is_there(const std::string& program) { return shell_output("command -v " + program + " >/dev/null").status == 0; }

}  // namespace

TEST_CASE("bash completes subcommands, options, words, plugins and what they take") {
    CHECK(in_bash("kap") == "<kapacitor-config>");
    CHECK(in_bash("run --output-f") == "<--output-file>");
    CHECK(in_bash("run --output ''") == "<line><json><table>");
    CHECK(in_bash("--isolation n") == "<none>");
    CHECK(in_bash("bench --measure start,l") == "<start,latency>");
    CHECK(in_bash("run --plugin two_a") == "<two_algorithms>");
    CHECK(in_bash("run --plugin two_algorithms --algorithm g") == "<gather>");
    CHECK(in_bash("run --plugin rich --option fl") == "<flag=>");
}

TEST_CASE("bash completes behind = and :, where it ends words") {
    CHECK(in_bash("run --plugin = two_a") == "<two_algorithms>");
    CHECK(in_bash("--guard-rule utf8 = s") == "<strict>");
    CHECK(in_bash("--log-level =") == "<debug><info><warning><error>");
}

TEST_CASE("bash completes files and directories itself") {
    CHECK(in_bash("run cpu") == "<cpu.lp>");
    CHECK(in_bash("run --input = cpu") == "<cpu.lp>");
    CHECK(in_bash("list --plugins-dir w") == "<wire>");
    CHECK(in_bash("list --plugins-dir c") == "<>");
}

TEST_CASE("hidden subcommands are not completed") {
    CHECK(in_bash("prob") == "<>");
    CHECK(in_bash("ma") == "<>");
    CHECK(in_bash("complet") == "<completion>");
}

TEST_CASE("the scripts for zsh and fish have no mistake that these shells see") {
    for (const std::string shell : {"zsh", "fish"}) {
        if (!is_there(shell)) continue;
        const ShellOutput said = shell_output(UDF_HOST " completion " + shell + " | " + shell + " -n /dev/stdin 2>&1");
        CHECK(said.text == "");
        CHECK(said.status == 0);
    }
}

TEST_CASE("fish completes, where it is installed") {
    if (!is_there("fish")) return;
    const ShellOutput said = shell_output(
        "export UDF_HOST_PLUGINS=" TEST_PLUGINS " HOME=/nonexistent; PATH=$(dirname " UDF_HOST
        "):$PATH; fish -N -c \"udf-host completion fish | source; complete -C 'udf-host run --plugin two_a'; "
        "complete -C 'udf-host run --output=t'\" 2>/dev/null");
    CHECK(said.text == "two_algorithms\n--output=table\n");
}

TEST_CASE("a shell that is not known is refused with those that are") {
    const ShellOutput said = shell_output(UDF_HOST " completion tcsh 2>&1");
    CHECK(said.text.find("{bash,zsh,fish}") != std::string::npos);
    CHECK(said.status != 0);
}
