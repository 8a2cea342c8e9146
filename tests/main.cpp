// SPDX-License-Identifier: MIT
//
// The hosts that a test starts have their control sockets in a directory of the test's own, which is also that of tests
// that run this program again.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace {

constexpr const char* kVariable = "UDF_HOST_CONTROL_DIR";

class ControlDirectory {
public:
    ControlDirectory() {
        const char* const given = ::getenv(kVariable);
        const std::string ours = std::filesystem::temp_directory_path() / "udf-host-sockets-";
        if (given != nullptr && std::string(given).starts_with(ours)) return;
        path_ = ours + "XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) path_.clear();
        ::setenv(kVariable, path_.c_str(), 1);
    }
    ~ControlDirectory() {
        std::error_code left;
        if (!path_.empty()) std::filesystem::remove_all(path_, left);
    }
    ControlDirectory(const ControlDirectory&) = delete;
    ControlDirectory& operator=(const ControlDirectory&) = delete;

private:
    std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
    const ControlDirectory directory;
    return doctest::Context(argc, argv).run();
}
