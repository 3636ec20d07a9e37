using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>
/// The values for which operations could get into each other's way, since they may have to be unique in a directory: user names, e-mail
/// addresses, external ids, names of groups. Of operations that name nothing alike, either may be done first.
/// </summary>
internal static class BulkNames
{
    /// <summary>Null: it is not known what the operation takes or gives up.</summary>
    public static HashSet<string>? Of(BulkOperation operation)
    {
        if (operation.Fault is not null || !(operation.IsPost || operation.Method == HttpMethods.Delete))
        {
            return null;
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (operation.IsPost)
        {
            Collect(operation.Data, names, "");
        }
        else
        {
            names.Add($"{operation.Type!.Endpoint}/{operation.Target}");
        }

        return names;
    }

    // Names are compared as they are written: two operations that escape the same text differently may be done in any order, and one of
    // them is refused as a duplicate either way.
    private static void Collect(JsonElement value, HashSet<string> names, string parent)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in value.EnumerateArray())
            {
                Collect(element, names, parent);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                var name = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(property)).ToUpperInvariant();
                if (name is "USERNAME" or "EXTERNALID" || (name, parent) is ("VALUE", "EMAILS") or ("DISPLAYNAME", not "MANAGER"))
                {
                    names.Add(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(property.Value)));
                }
                else
                {
                    Collect(property.Value, names, name);
                }
            }
        }
    }
}
