#pragma once
int outer();
