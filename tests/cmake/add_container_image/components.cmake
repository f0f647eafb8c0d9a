add_targets()
install(TARGETS app COMPONENT "run time")
install(FILES data.txt DESTINATION share COMPONENT data)
add_container_image(image TARGETS app COMPONENTS data "run time" FROM scratch)
