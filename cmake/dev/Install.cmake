# What `cmake --install` puts on a machine so that find_package(Slipway) works.
