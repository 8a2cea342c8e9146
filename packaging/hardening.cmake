# What packages are compiled with beyond a release: what makes a mistake in memory a stop rather than a way in, and
# what makes two builds the same bytes. The hot path is held by tests/bench/instructions: it must not cost there.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)

check_pie_supported(LANGUAGES C CXX)
if(NOT CMAKE_CXX_LINK_PIE_SUPPORTED)
  message(FATAL_ERROR "The linker makes no executables that load at any address: packages are not made with it")
endif()

add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -Wformat -Werror=format-security)
foreach(flag IN ITEMS -fstack-clash-protection -fcf-protection=full)  # the second is x86's
  string(MAKE_C_IDENTIFIER "COMPILER_KNOWS${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    add_compile_options(${flag})
  endif()
endforeach()
# 3 also looks at sizes that are known only while it runs. Older compilers and C libraries take it for 2.
add_compile_options(-D_FORTIFY_SOURCE=3)
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)

# Where it was built is nobody's business, and would differ. The last that fits counts.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=./build)
add_compile_options(-g1)  # lines for the traces of a crash: they go into packages of their own
