add_targets()
set_target_properties(app PROPERTIES OUTPUT_NAME demo-app)
add_container_image(image TARGETS app RUNTIME_DEPENDENCIES NONE FROM scratch)
