add_container_image(image DOCKERFILE own.Dockerfile FILES data.txt DESTINATION /)
