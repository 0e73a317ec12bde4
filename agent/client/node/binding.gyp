# The addon over an installed libholdfast, which pkg-config finds: PKG_CONFIG_PATH says where, if it is not where the system looks.
{
  "targets": [
    {
      "target_name": "holdfast",
      "sources": ["src/addon.cc", "src/arguments.cc", "src/failure.cc", "src/questions.cc", "src/watch.cc"],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "<!@(pkg-config --cflags holdfast)"],
      "libraries": ["<!@(pkg-config --libs holdfast)", "-Wl,-rpath,<!(pkg-config --variable=libdir holdfast)"]
    }
  ]
}
