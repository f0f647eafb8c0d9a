add_container_image(image FILES data.txt DESTINATION / FROM scratch STRIP split)
