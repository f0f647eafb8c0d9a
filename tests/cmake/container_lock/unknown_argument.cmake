container_lock(FIL x)
