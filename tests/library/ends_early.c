/* SPDX-License-Identifier: MIT */
/* What native_setup_test carries as an aditsetup.exe that crashes: it ends with 3. */

int main(void)
{
    return 3;
}
