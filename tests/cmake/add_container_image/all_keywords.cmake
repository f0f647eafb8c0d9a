set(arg_CMD "a variable of the project is not an argument")
add_container_image(image FILES data.txt DESTINATION /data FROM scratch
  ENTRYPOINT /bin/app --name "two words" CMD "say \"hi\"" $<$<CONFIG:None>:--debug>
  ENV A=b "B=c d" [[C=$HOME \ "q"]] "D=e;f" "G=$<1:genex>" "$<$<BOOL:0>:H=absent>" "$<1:I=pre sent>"
  LABELS org.opencontainers.image.title=other plain=1
  EXPOSE 80 443/udp $<1:8080> VOLUME /var/data "/var/other data" USER 1000:100 WORKDIR /data
  STOPSIGNAL SIGTERM HEALTHCHECK --interval=5s --retries=2 CMD /bin/app --check
  ANNOTATIONS a=b TAGS example.org/demo:1 PLATFORM linux/arm64 COMPRESSION zstd:3 FORMAT docker
  VERIFY warn VERIFY_WARNINGS OFF GATE no-pie=off "$<$<CONFIG:None>:setuid-file=error>"
  SBOM cyclonedx PROVENANCE on ALL)
