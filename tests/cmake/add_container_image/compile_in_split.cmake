add_targets()
install(TARGETS app COMPONENT runtime)
add_container_image(toolchain FILES data.txt DESTINATION /data FROM scratch)
add_container_image(image TARGETS app COMPONENTS runtime FROM toolchain COMPILE_IN toolchain
  RUNTIME_DEPENDENCIES NONE STRIP split USER 1000 LABELS org.opencontainers.image.title=t org.opencontainers.image.version=1
  org.opencontainers.image.description=d org.opencontainers.image.url=u)
