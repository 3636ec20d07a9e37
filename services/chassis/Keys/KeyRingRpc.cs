using System.Xml;
using System.Xml.Linq;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Keys.V1;
using Grpc.Core;

namespace DirectorySync.Chassis.Keys;

/// <summary>Serves KeyRingService: the keys of a process that has no database.</summary>
internal sealed class KeyRingRpc(StoredKeys keys) : KeyRingService.KeyRingServiceBase
{
    private const int LongestName = 256;
    private const int LongestKey = 64 * 1024;

    public override Task<ListKeysResponse> ListKeys(ListKeysRequest request, ServerCallContext context) =>
        Task.FromResult(new ListKeysResponse { Keys = { keys.List() } });

    public override Task<AddKeyResponse> AddKey(AddKeyRequest request, ServerCallContext context)
    {
        var key = request.Key ?? new();
        if (key.Name.Length is 0 or > LongestName || key.Name.Contains('\0'))
        {
            throw ErrorReason.InvalidValue.ToRpc("key.name: the value has no name's length.", ("attribute", "key.name"), ("value", ""));
        }

        // One that cannot be read would keep every process from all keys.
        if (key.Xml.Length > LongestKey || !IsXml(key.Xml))
        {
            throw ErrorReason.InvalidValue.ToRpc("key.xml: the value is no key.", ("attribute", "key.xml"), ("value", ""));
        }

        keys.Add(key);
        return Task.FromResult(new AddKeyResponse());
    }

    private static bool IsXml(string text)
    {
        try
        {
            return XElement.Parse(text).Name.LocalName is "key" or "revocation";
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
