dnl ./configure                        links the libnameplate.a that lies in lib/ into the extension
dnl ./configure --with-nameplate=DIR   links the libnameplate.so that `make install PREFIX=DIR` put there

PHP_ARG_WITH([nameplate],
  [for nameplate],
  [AS_HELP_STRING([--with-nameplate[=DIR]],
    [Look up companies behind addresses. DIR: use the shared library installed there instead of the one that comes along])],
  [yes])

if test "$PHP_NAMEPLATE" != "no"; then
  if test "$PHP_NAMEPLATE" = "yes"; then
    np_source=PHP_EXT_SRCDIR()
    np_source=`cd "$np_source" && pwd`
    AC_MSG_CHECKING([for the libnameplate that comes along])
    if test -r "$np_source/lib/libnameplate.a" && test -r "$np_source/include/nameplate.h"; then
      AC_MSG_RESULT([$np_source/lib/libnameplate.a])
    else
      AC_MSG_ERROR([no lib/libnameplate.a here: take the extension's source archive for this machine, or say --with-nameplate=DIR, where DIR is the PREFIX of nameplate's `make install`])
    fi
    PHP_ADD_INCLUDE([$np_source/include])
    dnl What the archive holds stays inside: only the module's entry is seen from outside.
    NAMEPLATE_SHARED_LIBADD="$np_source/lib/libnameplate.a -Wl,--exclude-libs,ALL -Wl,--gc-sections -lgcc_s -lpthread -lm -ldl"
  else
    AC_MSG_CHECKING([for libnameplate in $PHP_NAMEPLATE])
    np_lib=
    for np_dir in "$PHP_NAMEPLATE/lib" "$PHP_NAMEPLATE/$PHP_LIBDIR" "$PHP_NAMEPLATE"/lib/*-linux-*; do
      if test -r "$np_dir/libnameplate.so"; then
        np_lib=$np_dir
        break
      fi
    done
    if test -z "$np_lib" || ! test -r "$PHP_NAMEPLATE/include/nameplate.h"; then
      AC_MSG_ERROR([no lib/libnameplate.so and include/nameplate.h under $PHP_NAMEPLATE: say the PREFIX of nameplate's `make install`])
    fi
    AC_MSG_RESULT([$np_lib/libnameplate.so])
    PHP_ADD_INCLUDE([$PHP_NAMEPLATE/include])
    PHP_ADD_LIBRARY_WITH_PATH([nameplate], [$np_lib], [NAMEPLATE_SHARED_LIBADD])
  fi
  PHP_SUBST([NAMEPLATE_SHARED_LIBADD])
  PHP_NEW_EXTENSION([nameplate], [nameplate.c database.c answer.c], [$ext_shared],, [-DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -fvisibility=hidden])
fi
