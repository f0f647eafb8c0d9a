add_targets()
add_container_image(image TARGETS app COMPONENTS runtme FROM scratch)
install(TARGETS app COMPONENT runtime)
install(TARGETS other COMPONENT tools)
