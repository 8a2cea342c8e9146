// SPDX-License-Identifier: MIT
//
// Who else could have put code where a plugin is. Whoever may write a plugin's file, or put another in its
// place, runs code as this user. So what we load belongs to root or to us (the effective user), and nobody
// outside its owner and group can have changed it:
//
//     the file, its directory          belong to root or to us, and are not writable by others. A sticky
//     the directory of each link       directory is no better: anybody may still add to it.
//     each directory on the way there  is not writable by others, or is sticky, as /tmp: what is below it
//                                      can be renamed by its owner alone
//
// The group may write: where each user has a group of the same name (umask 002), build directories are 0775.
// Who owns a directory further up is not asked. Its owner can put only what root or we own in our place,
// since nobody can give a file away; and root builds below directories of others, a source tree that is
// mounted into a container, say, whose owner it trusts anyhow.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

namespace plugin {

// Others could put their code there. what() names the path at fault and the command that mends it.
struct Untrusted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The path without symbolic links: each is followed as the kernel does, and the way is checked, but not
// the last directory of the result, nor what is there. Throws Untrusted, and std::system_error where the
// path leads to nothing.
std::filesystem::path follow_trusted(const std::filesystem::path& named);

// Checks a file, of which `st` is what fstat() says once it is open, and its directory. `real` is without
// links; `shown` is what it is called where it is at fault. Throws Untrusted, and std::system_error where the directory
// cannot be looked at.
void check_trusted_file(const std::filesystem::path& real, const struct stat& st, const std::filesystem::path& shown);

// Follows the links to a directory of plugins, and checks it and the way to it. The result holds none.
// Throws Untrusted, and std::system_error where there is no such directory.
std::filesystem::path follow_trusted_directory(const std::filesystem::path& named);

}  // namespace plugin
