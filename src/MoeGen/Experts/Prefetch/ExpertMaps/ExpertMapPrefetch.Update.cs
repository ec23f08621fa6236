namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <content>What a pass leaves in the store.</content>
public sealed partial class ExpertMapPrefetch
{
    private void Remember(int row)
    {
        if (!_record.Map(row).ContainsAnyExcept(0f))
        {
            return;
        }

        if (_store.Count < _store.Capacity)
        {
            _store.Put(_store.Count, _record.Embedding(row), _record.Map(row));
            _rowsAdded++;
            return;
        }

        // a decoded token has been searched for while it ran
        if (_trajectoryRow != row)
        {
            Trace(row);
        }

        _semantic.LookFor(_record.Embedding(row));
        float embeddingShare = (float)_distance / _grid.NumLayers;
        int replaced = Redundancy.Most(_trajectory.CosinesUpTo(_grid.NumLayers - 1), _semantic, embeddingShare);
        _store.Put(replaced, _record.Embedding(row), _record.Map(row));
        _rowsReplaced++;
    }

    private void Trace(int row)
    {
        _trajectory.Reset();
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            _trajectory.Add(layer, _record.Distribution(row, layer));
        }

        _trajectoryRow = row;
    }
}
