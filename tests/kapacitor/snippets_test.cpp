// SPDX-License-Identifier: MIT
//
// The snippets for kapacitor.conf are what `udf-host kapacitor-config` prints where the packages are installed.
#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "system/udf_process.h"

namespace {

// The entries, without the comments in front of the first.
std::string entries(const std::string& text) {
    const size_t first = text.find("\n[");
    REQUIRE(first != std::string::npos);
    return text.substr(first);
}

std::string snippet(const std::string& name) {
    std::ifstream stream(SNIPPETS "/" + name);
    std::ostringstream text;
    text << stream.rdbuf();
    CAPTURE(name);
    CHECK(text.str().starts_with("# SPDX-License-Identifier: MIT\n"));
    return entries(text.str());
}

// As it would be printed by the installed udf-host, of the installed plugins.
std::string printed(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--plugins-dir", PLUGINS_DIR});
    arguments.insert(arguments.begin(), "kapacitor-config");
    std::string text = entries(run_udf_host(arguments).output);
    text = std::regex_replace(text, std::regex("prog = \".*\""), "prog = \"/usr/bin/udf-host\"");
    text = std::regex_replace(text, std::regex("\"--plugin\", \".*/(.*)\\.so\""), "\"--plugin\", \"$1\"");
    return std::regex_replace(text, std::regex(", \"--plugins-dir\", \"[^\"]*\""), "");
}

}  // namespace

TEST_CASE("the snippets with programs are what kapacitor-config prints") {
    CHECK(snippet("stdio.conf") + snippet("universal-stdio.conf") == printed({}));
}

TEST_CASE("the snippets with sockets are what kapacitor-config prints") {
    CHECK(snippet("socket.conf") + snippet("universal.conf") == printed({"--mode", "socket"}));
}
