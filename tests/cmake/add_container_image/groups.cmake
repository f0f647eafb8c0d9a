add_container_image(image FILES data.txt DESTINATION /a DIRECTORY share/ DESTINATION "/b c" FILES data.txt DESTINATION / FROM scratch)
