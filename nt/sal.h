/* SPDX-License-Identifier: MIT */
/*
 * Source annotations of the Windows headers, for compilers that do not evaluate them.
 */
#ifndef ADIT_NT_SAL_H
#define ADIT_NT_SAL_H

#define _In_
#define _In_opt_
#define _In_z_
#define _In_reads_(Count)
#define _In_reads_opt_(Count)
#define _In_reads_bytes_(Bytes)
#define _In_reads_bytes_opt_(Bytes)
#define _In_range_(Low, High)
#define _Out_
#define _Out_opt_
#define _Out_writes_(Count)
#define _Out_writes_bytes_(Bytes)
#define _Out_writes_bytes_to_(Bytes, Written)
#define _Out_writes_bytes_opt_(Bytes)
#define _Outptr_
#define _Outptr_result_maybenull_
#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(Count)
#define _Inout_updates_bytes_(Bytes)
#define _Ret_maybenull_
#define _Reserved_
#define _Field_size_(Count)
#define _Field_size_bytes_(Bytes)
#define _Guarded_by_(Lock)
#define _Interlocked_
#define _Must_inspect_result_
#define _Check_return_
#define _Success_(Expression)
#define _When_(Expression, Annotations)
#define _At_(Target, Annotations)
#define _Post_ptr_invalid_
#define _Post_satisfies_(Expression)
#define _Use_decl_annotations_
#define _Function_class_(Name)
#define _IRQL_requires_(Irql)
#define _IRQL_requires_min_(Irql)
#define _IRQL_requires_max_(Irql)
#define _IRQL_requires_same_
#define _IRQL_raises_(Irql)
#define _IRQL_saves_
#define _IRQL_restores_
#define _IRQL_saves_global_(Kind, Place)
#define _IRQL_restores_global_(Kind, Place)
#define _Acquires_lock_(Lock)
#define _Releases_lock_(Lock)
#define _Acquires_shared_lock_(Lock)
#define _Acquires_exclusive_lock_(Lock)
#define _Requires_lock_held_(Lock)
#define _Requires_lock_not_held_(Lock)
#define _Dispatch_type_(Type)

#endif
