// SPDX-License-Identifier: MIT
#include "cli/offers.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "plugin/temporary_directory.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using cli::Offers;

namespace {

using Names = std::vector<std::string>;

struct Trial {
    TemporaryDirectory outside;
    const fs::path first = outside.path() / "first", second = outside.path() / "second";
    Offers offers{(fs::create_directory(first), fs::create_directory(second), std::vector{first, second}),
                  {.settled = 1ms, .poll = 10ms},
                  {.program = UDF_HOST}};

    static void put(const fs::path& file, const char* plugin) {
        const fs::path next = file.parent_path() / "next";
        fs::copy_file(std::string(TEST_PLUGINS "/") + plugin + ".so", next);
        fs::rename(next, file);
    }
    // Looks until it is so, as a server does.
    template <class Condition>
    bool look_until(Condition&& condition) {
        const auto until = Offers::Clock::now() + 60s;
        while (offers.look(), !condition()) {
            if (Offers::Clock::now() > until) return false;
            std::vector<pollfd> fds;
            for (const int fd : offers.fds()) fds.push_back({fd, POLLIN, 0});
            const auto left = offers.next_look() - Offers::Clock::now();
            ::poll(fds.data(), fds.size(),
                   static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count())));
        }
        return true;
    }
    bool settle() {
        return look_until([&] { return offers.settled(); });
    }
    Names names() const {
        Names names;
        for (const auto& [name, offer] : offers.algorithms()) names.push_back(name);
        return names;
    }
    fs::path file_of(const std::string& algorithm) const { return offers.algorithms().at(algorithm).version->file(); }
};

}  // namespace

TEST_CASE("what the plugins of a directory offer is known once they have been asked") {
    Trial trial;
    Trial::put(trial.first / "two.so", "two_algorithms");
    std::ofstream(trial.first / "none.so") << "text";
    CHECK(!trial.offers.settled());
    REQUIRE(trial.settle());
    CHECK(trial.names() == Names{"gather", "tally"});
    CHECK(trial.offers.algorithms().at("gather").description["wants"] == "batch");
    REQUIRE(trial.offers.refusals().size() == 1);
    CHECK(trial.offers.refusals().front().find("none.so") != std::string::npos);
}

TEST_CASE("a look tells whether anything has changed") {
    Trial trial;
    REQUIRE(trial.settle());
    CHECK(!trial.offers.look());
    Trial::put(trial.first / "two.so", "two_algorithms");
    REQUIRE(trial.look_until([&] { return trial.names().size() == 2; }));
    CHECK(!trial.offers.look());
    fs::remove(trial.first / "two.so");
    CHECK(trial.look_until([&] { return trial.names().empty(); }));
}

TEST_CASE("a good version stays when a broken one is renamed into its place, and not when it is written over") {
    Trial trial;
    Trial::put(trial.first / "a.so", "one_algorithm");
    REQUIRE(trial.settle());
    const auto version = trial.offers.algorithms().at("drop").version;
    Trial::put(trial.first / "a.so", "no_entry");
    REQUIRE(trial.look_until([&] { return !trial.offers.refusals().empty(); }));
    CHECK(trial.offers.algorithms().at("drop").version == version);
    CHECK(fs::file_size(version->path()) == fs::file_size(TEST_PLUGINS "/one_algorithm.so"));
    Trial::put(trial.first / "a.so", "one_algorithm");
    REQUIRE(trial.look_until([&] { return trial.offers.refusals().empty(); }));
    CHECK(trial.offers.algorithms().at("drop").version != version);
    fs::resize_file(trial.first / "a.so", 1000);
    CHECK(trial.look_until([&] { return trial.names().empty(); }));
    CHECK(trial.offers.refusals().size() == 1);
}

TEST_CASE("who has an algorithm keeps it when an earlier plugin comes with it") {
    Trial trial;
    Trial::put(trial.first / "m.so", "one_algorithm");
    REQUIRE(trial.settle());
    Trial::put(trial.first / "a.so", "one_algorithm");
    REQUIRE(trial.look_until([&] { return !trial.offers.refusals().empty(); }));
    CHECK(trial.file_of("drop") == trial.first / "m.so");
    fs::remove(trial.first / "m.so");
    REQUIRE(trial.look_until([&] { return trial.offers.refusals().empty(); }));
    CHECK(trial.file_of("drop") == trial.first / "a.so");
}

TEST_CASE("a file of an earlier directory hides one of the same name") {
    Trial trial;
    Trial::put(trial.first / "x.so", "one_algorithm");
    Trial::put(trial.second / "x.so", "two_algorithms");
    REQUIRE(trial.settle());
    CHECK(trial.names() == Names{"drop"});
    CHECK(trial.offers.refusals().empty());
    fs::remove(trial.first / "x.so");
    CHECK(trial.look_until([&] { return trial.names() == Names{"gather", "tally"}; }));
}

TEST_CASE("a plugin that goes while it is asked leaves no refusal behind") {
    Trial trial;
    Trial::put(trial.first / "slow.so", "hang_on_load");  // it is asked for ten seconds
    CHECK(!trial.offers.settled());
    trial.offers.look();
    fs::remove(trial.first / "slow.so");
    REQUIRE(trial.settle());
    CHECK(trial.offers.refusals().empty());
}

TEST_CASE("what was refused is asked again where that is wanted") {
    Trial trial;
    const fs::path file = trial.first / "a.so";
    std::ofstream(file) << "text";
    REQUIRE(trial.settle());
    CHECK(trial.offers.refusals().size() == 1);
    trial.offers.ask_refused_again();
    CHECK(!trial.offers.settled());
    REQUIRE(trial.settle());
    CHECK(trial.offers.refusals().size() == 1);
}
