using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>
/// One change of one attribute, whatever the resource type: what UserPatchOperation and GroupAttributeOperation have in common.
/// The value is a resource in which only the target is set.
/// </summary>
internal readonly record struct AttributeChange(PatchOperator Operator, PatchTarget Target, IMessage? Value);
