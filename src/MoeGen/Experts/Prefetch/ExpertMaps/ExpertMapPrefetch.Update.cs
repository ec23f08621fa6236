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

        TrajectorySearch trajectory = TrajectoryOf(row);
        _semantic.LookFor(_record.Embedding(row));
        float embeddingShare = (float)_distance / _grid.NumLayers;
        int replaced = Redundancy.Most(trajectory.CosinesUpTo(_grid.NumLayers - 1), _semantic, embeddingShare);
        _store.Put(replaced, _record.Embedding(row), _record.Map(row));
        _rowsReplaced++;
    }

    // a decoded token has been searched for while it ran; for others the first search is used again
    private TrajectorySearch TrajectoryOf(int row)
    {
        int token = _record.FirstToken + row, index = _followed.AsSpan(0, _numFollowed).IndexOf(token);
        if (index >= 0)
        {
            return _trajectories[index];
        }

        _trajectories[0].Reset();
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            _trajectories[0].Add(layer, _record.Distribution(row, layer));
        }

        _followed[0] = token;
        _numFollowed = Math.Max(1, _numFollowed);
        return _trajectories[0];
    }
}
